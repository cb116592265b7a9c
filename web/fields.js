"use strict";
// Helps with fields and links: an ID number is set in groups while it is typed, a password
// can be shown, and a link is handed to another app or copied. Without this script all of
// it works as it is.
(() => {
  const space = /\s/gu;

  // group puts spaces into a text between groups of so many characters.
  function group(text, sizes) {
    const plain = text.replace(space, "");
    const parts = [];
    let at = 0;
    for (const size of sizes) {
      parts.push(plain.slice(at, at + size));
      at += size;
    }
    parts.push(plain.slice(at));
    return parts.filter(Boolean).join(" ");
  }

  function set(field) {
    const sizes = field.dataset.groups.split("-").map(Number);
    const next = group(field.value, sizes);
    if (next === field.value || field.value.replace(space, "").length > sizes.reduce((a, b) => a + b)) {
      return;
    }
    const before = field.value.slice(0, field.selectionStart).replace(space, "").length;
    field.value = next;
    if (document.activeElement === field) {
      let at = 0;
      for (let n = 0; n < before && at < next.length; at++) {
        n += next[at] === " " ? 0 : 1;
      }
      field.setSelectionRange(at, at);
    }
  }

  addEventListener("input", (e) => {
    if (e.target.dataset && e.target.dataset.groups && !e.isComposing) {
      set(e.target);
    }
  });

  const prepare = () => {
    document.querySelectorAll("input[data-groups]").forEach(set);
    document.querySelectorAll("button[data-show-password][hidden]").forEach((button) => { button.hidden = false; });
    const way = navigator.share ? "share" : navigator.clipboard && "copy";
    document.querySelectorAll(`button[data-link][data-way="${way}"][hidden]`).forEach((button) => { button.hidden = false; });
  };

  // pass hands the link of a button to another app, or copies it.
  function pass(button) {
    if (button.dataset.way === "share") {
      navigator.share({ title: document.title, url: button.dataset.link }).catch(() => {}); // or the person has changed their mind
      return;
    }
    navigator.clipboard.writeText(button.dataset.link).then(() => {
      button.parentElement.querySelector("[role=status]").textContent = button.dataset.done;
    }, () => {});
  }
  const fieldOf = (button) => document.getElementById(button.getAttribute("aria-controls"));

  function turn(button) {
    const field = fieldOf(button);
    field.type = field.type === "text" ? "password" : "text";
    const other = button.dataset.showPassword;
    button.dataset.showPassword = button.textContent;
    button.textContent = other;
  }
  addEventListener("click", (e) => {
    const link = e.target.closest("button[data-link]");
    if (link) {
      pass(link);
    }
    const button = e.target.closest("button[data-show-password]");
    if (button) {
      turn(button);
      fieldOf(button).focus();
    }
  });
  // What was shown is sent as a password, and is one again when the page comes back.
  addEventListener("submit", (e) => e.target.querySelectorAll("button[data-show-password]").forEach((button) => {
    if (fieldOf(button).type === "text") {
      turn(button);
    }
  }), true);
  new MutationObserver(prepare).observe(document.documentElement, { childList: true, subtree: true });
  prepare();
})();
