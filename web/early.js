"use strict";
// Runs on every page, long before the app has started. It records what the person is
// doing on the page that the server rendered, so that the app takes the page over at a
// moment when nothing is lost: not while a word is being composed, during a click,
// while a file is being chosen, or when the page is being left.
(() => {
  const root = document.documentElement;
  const workers = navigator.serviceWorker;
  // Whether this device shows another time than the city has, so that the page says so.
  try {
    const now = new Date();
    const city = now.toLocaleString("en-US", { timeZone: root.dataset.zone });
    root.toggleAttribute("data-elsewhere", !!root.dataset.zone && city !== now.toLocaleString("en-US"));
  } catch (error) {} // a zone that the browser does not know
  // Safari on an iPhone or iPad has no button of its own to install an app.
  root.toggleAttribute("data-ios", /iPhone|iPad/.test(navigator.userAgent) && navigator.standalone === false);
  // A page that no program takes over registers the worker itself. It may know which
  // program the person needs next.
  if (workers && !root.dataset.program) {
    addEventListener("load", () => {
      workers.register("/app-worker.js").then(() => workers.ready).then((registration) => {
        if (root.dataset.next) {
          registration.active.postMessage({ type: "mingjing:keep", program: root.dataset.next, lang: root.lang });
        }
      }).catch(() => {}); // the page works without it
    });
  }

  // The page shown in place of one that could not be fetched. It tries again: soon at
  // first, since a network that has just come back may fail once more, then less often.
  if (root.hasAttribute("data-offline") && !location.pathname.endsWith("/offline")) {
    const again = () => location.reload();
    addEventListener("online", again);
    const look = (pause) => setTimeout(() => {
      fetch("/robots.txt", { method: "HEAD", cache: "no-store" }).then(again, () => look(Math.min(2 * pause, 15000)));
    }, pause);
    look(1000);
    // It says what waits for the connection.
    const say = () => {
      const rows = [...document.querySelectorAll("[data-waits]")];
      const at = location.pathname.replace(/^\/[^/]+\//, "");
      const row = rows.find((r) => r.dataset.waits === at) || rows.find((r) => r.dataset.waits === "-");
      let unsaved = null;
      try {
        unsaved = sessionStorage.getItem("mingjing-draft");
      } catch (error) {} // without storage it is not known
      for (const shown of [row, unsaved && document.querySelector("[data-unsaved]")]) {
        if (shown) {
          shown.hidden = false;
        }
      }
    };
    if (document.readyState === "loading") {
      addEventListener("DOMContentLoaded", say);
    } else {
      say();
    }
  }

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
  // The click event comes after the pointer is up.
  on("pointerup pointercancel", () => later("pressing", 50));
  on("click", (e) => {
    if (e.target.type === "file") {
      hands.choosing = true;
    }
  });
  on("change cancel", () => later("choosing", 50));
  // No event tells that a dialog was dismissed; the focus that comes back does.
  addEventListener("focus", () => later("choosing", 1000));
  on("submit", () => { hands.left = performance.now(); });

  // After a log-out this browser gets no more push messages, even if another login had
  // asked for them: the browser removes its address first.
  const released = new WeakSet();
  addEventListener("submit", (e) => {
    const form = e.target;
    if (form.getAttribute("action") !== "/api/logout" || released.has(form) || !workers || !window.PushManager ||
        !window.Notification || Notification.permission !== "granted") {
      return;
    }
    e.preventDefault();
    e.stopImmediatePropagation();
    const forget = async () => {
      const registration = await workers.getRegistration();
      const subscription = registration && await registration.pushManager.getSubscription();
      if (!subscription) {
        return;
      }
      const gone = fetch("/api/push/remove", {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify({ endpoint: subscription.endpoint }),
      });
      await Promise.allSettled([gone, subscription.unsubscribe()]);
    };
    const patience = new Promise((done) => { setTimeout(done, 2000); });
    Promise.race([forget().catch(() => {}), patience]).then(() => {
      released.add(form);
      form.requestSubmit();
    });
  }, { capture: true });
})();
