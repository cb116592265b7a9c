"use strict";
// Locks the screen of a person who is logged in: by the button, a double tap on the bar
// at the top, Escape twice, or after a time without use. The content of the page is
// removed at once, the session ends on the server, and a page without personal data
// replaces this one. The script runs before the page is drawn and without the app, so
// that a page from the browser's cache is never shown while it should be locked.
(() => {
  const root = document.documentElement;
  const button = () => document.querySelector("button[data-lock-to]");
  const personal = () => root.hasAttribute("data-personal");
  const twice = 500; // milliseconds between two taps, or two Escapes
  // The server does not know of the lock yet. Nothing personal is ever stored.
  const owed = "mingjing-lock";
  const keep = (on) => {
    try {
      return on === undefined ? localStorage.getItem(owed) : on ? localStorage.setItem(owed, "1") : localStorage.removeItem(owed);
    } catch (error) {
      return null; // without storage, other pages are not told
    }
  };
  const channel = window.BroadcastChannel ? new BroadcastChannel("mingjing-lock") : null;
  const spread = (what) => channel && channel.postMessage(what);
  // saved resolves when what is typed is saved, or can't be just now.
  const drafts = () => window.mingjingDrafts;
  const saved = () => (drafts() ? Promise.race([drafts().flush(true), new Promise((done) => setTimeout(done, 3000))]) : Promise.resolve());
  const post = (path) => fetch(path, { method: "POST", keepalive: true, headers: { Accept: "application/json" } });

  let locked = false;
  let last = Date.now(); // when the screen was last used
  let told = last; // when the server was told of it
  let telling = 0;
  let timer = 0;

  function lock() {
    if (locked) {
      return;
    }
    locked = window.mingjingLocked = true;
    const from = button();
    const to = from ? from.dataset.lockTo : "/" + root.lang + "/locked";
    const waiting = from ? from.dataset.lockText : "";
    keep(true);
    window.stop();
    const kept = saved(); // it reads the fields
    if (document.body) {
      document.body.replaceChildren();
    }
    document.title = "明镜 Mingjing";
    root.removeAttribute("data-blank");
    kept.then(() => tell(() => location.replace(to), () => {
      if (document.body && !document.body.firstChild) {
        const p = document.createElement("p");
        p.className = "lock-waiting";
        p.setAttribute("role", "status");
        p.textContent = waiting;
        document.body.append(p);
      }
    }, 1000));
  }

  function lockAll() {
    spread("lock");
    lock();
  }

  // tell ends the session on the server, and retries until that is done. What is typed is
  // saved before.
  function tell(done, failed, pause) {
    saved().then(() => post("/api/lock")).then((answer) => {
      if (!answer.ok) {
        throw new Error(answer.status);
      }
      keep(false);
      done();
    }).catch(() => {
      failed();
      const again = () => {
        removeEventListener("online", again);
        clearTimeout(wait);
        tell(done, failed, Math.min(2 * pause, 15000));
      };
      const wait = setTimeout(again, pause);
      addEventListener("online", again);
    });
  }

  if (keep()) {
    if (personal()) {
      lock();
    } else {
      tell(() => {}, () => {}, 1000);
    }
  }

  const after = () => (button() ? 1000 * button().dataset.lockAfter : 0);
  const warning = () => document.querySelector("dialog.lock-warning");
  const warned = () => warning() && warning().open;

  function check() {
    clearTimeout(timer);
    if (locked || !after()) {
      return;
    }
    const left = last + after() - Date.now();
    const warn = 1000 * button().dataset.lockWarn;
    if (left <= 0) {
      lockAll();
      return;
    }
    if (left > warn) {
      timer = setTimeout(check, left - warn);
      if (warned()) {
        warning().close();
      }
      return;
    }
    timer = setTimeout(check, left);
    if (warning() && !warned()) {
      warning().showModal();
    }
  }

  function seen(at) {
    last = at;
    check();
  }

  // here records that somebody is at the screen, and tells other pages and the server.
  function here() {
    const now = Date.now();
    if (locked || !after() || (now - last < 1000 && !warned())) {
      return;
    }
    if (now - last >= after()) {
      lockAll(); // the device slept, and another person may have woken it
      return;
    }
    seen(now);
    spread("here");
    if (!telling) {
      telling = setTimeout(stay, Math.max(0, told + after() / 4 - now));
    }
  }

  // An upload in progress is use.
  window.mingjingHere = here;

  function stay() {
    telling = 0;
    told = Date.now();
    if (!locked) {
      post("/api/sessions/stay").then((answer) => answer.status === 401 && lock(), () => {});
    }
  }

  const on = (types, f) => {
    for (const type of types.split(" ")) {
      addEventListener(type, f, { capture: true, passive: !["keydown", "click", "submit"].includes(type) });
    }
  };

  if (channel) {
    channel.onmessage = ({ data }) => {
      if (data === "lock") {
        if (personal()) {
          lock();
        }
      } else if (!locked) {
        seen(Date.now());
      }
    };
  }

  let escaped = 0;
  on("keydown", (e) => {
    const was = warned();
    here();
    if (was) {
      e.preventDefault(); // the key only closes the warning
      return;
    }
    if (e.key !== "Escape" || e.repeat || e.isComposing || e.keyCode === 229 || !button()) {
      return;
    }
    // Escape also closes menus.
    const now = document.querySelector("details[data-menu][open]") ? 0 : Date.now();
    if (now && now - escaped < twice && (!drafts() || !drafts().unsaved() || confirm(button().dataset.lockAsk))) {
      lockAll();
    }
    escaped = now;
  });

  let tapped = { at: 0, x: 0, y: 0 };
  on("pointerup", (e) => {
    if (!button() || !e.isPrimary || e.button !== 0 || !e.target.closest(".header-row") ||
        e.target.closest("a, button, summary, input, select, label, .menu-panel")) {
      return;
    }
    const tap = { at: Date.now(), x: e.clientX, y: e.clientY };
    if (tap.at - tapped.at < twice && Math.hypot(tap.x - tapped.x, tap.y - tapped.y) < 40) {
      lockAll();
    }
    tapped = tap;
  });
  on("wheel touchmove input", here);
  // The tap that closes the warning does not reach the elements below it.
  let swallow = false;
  on("pointerdown", () => {
    swallow = warned();
    here();
  });
  on("click", (e) => {
    if (swallow) {
      swallow = false;
      e.preventDefault();
      e.stopImmediatePropagation();
    }
  });
  on("pointermove", (e) => {
    if (e.movementX || e.movementY) { // the pointer has moved, not only the page under it
      here();
    }
  });

  on("submit", (e) => {
    const action = e.target.getAttribute("action");
    if (action === "/api/lock") {
      e.preventDefault();
      e.stopImmediatePropagation();
      lockAll();
    } else if (action === "/api/logout" || action === "/api/sessions/end-all") {
      spread("lock");
    }
  });

  // A hidden page is not drawn either, so that neither the list of open apps nor the
  // first moment after coming back shows it.
  document.addEventListener("visibilitychange", () => {
    if (locked || !personal()) {
      return;
    }
    if (document.hidden) {
      root.setAttribute("data-blank", "");
    } else if (after() && Date.now() - last >= after()) {
      lockAll();
    } else {
      root.removeAttribute("data-blank");
      check();
    }
  });
  addEventListener("pagehide", () => {
    if (personal()) {
      root.setAttribute("data-blank", "");
    }
  });
  addEventListener("pageshow", (e) => {
    if (!e.persisted || !personal()) {
      return;
    }
    // The page comes from the browser's cache; another person may be at the screen now.
    document.body.replaceChildren();
    location.reload();
  });
  addEventListener("DOMContentLoaded", check);
})();
