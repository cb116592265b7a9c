"use strict";
// Runs long before the app is there. It keeps note of what the person's hands
// are doing on the page that the server rendered, so that the app can take the
// page over at a moment when nothing gets lost: not in the middle of a word that
// is being composed, of a click, of choosing a file, or of leaving.
(() => {
  const hands = { composing: false, pressing: false, choosing: false, typed: -1e9, left: -1e9 };
  window.mingjingHands = hands;
  const on = (types, f) => {
    for (const type of types.split(" ")) {
      addEventListener(type, f, { capture: true, passive: true });
    }
  };
  const later = (name, ms) => setTimeout(() => { hands[name] = false; }, ms);

  on("compositionstart compositionupdate", () => { hands.composing = true; });
  on("compositionend", () => { hands.composing = false; });
  on("keydown input", () => { hands.typed = performance.now(); });
  on("pointerdown", () => { hands.pressing = true; });
  // The click comes after the pointer is up.
  on("pointerup pointercancel", () => later("pressing", 50));
  on("click", (e) => {
    if (e.target.type === "file") {
      hands.choosing = true;
    }
  });
  on("change cancel", () => later("choosing", 50));
  // Without an event for a dialog that was dismissed, the focus coming back tells.
  addEventListener("focus", () => later("choosing", 1000));
  on("submit", () => { hands.left = performance.now(); });
})();
