"use strict";
// Saves what is typed into a form while it is typed, and sends its files as soon as they
// are chosen, so that nothing is lost when the page is left, locked or logged out. It works
// on the page that the server rendered and on the app's, and stores nothing in the browser
// but that a save was on its way. Where nothing can be saved the browser asks before the
// page is left.
(() => {
  const pause = 1000; // ms after the last key
  const longest = 5000; // ms between two saves while somebody types on
  const patience = 4000; // ms that a link waits for a save
  const silence = 30000; // ms in which nothing of a file gets through
  const onItsWay = "mingjing-draft";
  const forms = new Map(); // by key: what is not saved yet
  const files = []; // that were chosen on this page
  let queue = Promise.resolve();
  let leaving = false;

  document.documentElement.toggleAttribute("data-drafts", true);
  const all = (selector, root) => [...(root || document).querySelectorAll(selector)];
  const formOf = (key) => all("form[data-draft]").find((form) => form.dataset.draft === key);
  const words = (form) => (form.querySelector("[data-draft-words]") || form).dataset;
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const mark = (on) => {
    try {
      return on === undefined ? sessionStorage.getItem(onItsWay) : on ? sessionStorage.setItem(onItsWay, "1") : sessionStorage.removeItem(onItsWay);
    } catch (error) {
      return null; // without storage, a page that is loaded again may lack the last second
    }
  };

  function stateOf(key) {
    if (!forms.has(key)) {
      forms.set(key, { key, dirty: false, since: 0, timer: 0, flight: null, trouble: false });
    }
    return forms.get(key);
  }

  function say(key, text) {
    const form = formOf(key);
    const status = form && form.querySelector("[data-draft-status]");
    if (status && status.textContent !== text) {
      status.textContent = text;
    }
    const before = form && form.querySelector("[data-draft-saved]");
    if (before) {
      before.hidden = true;
    }
  }

  // contentOf returns what is typed, without files and secrets.
  function contentOf(form) {
    const content = new URLSearchParams();
    const secret = new Set(all("input[type=password]", form).map((e) => e.name));
    for (const [name, value] of new FormData(form)) {
      if (typeof value === "string" && !secret.has(name) && name !== "idempotency_key") {
        content.append(name, value);
      }
    }
    return content;
  }

  const clock = (form, at) => new Intl.DateTimeFormat(document.documentElement.lang,
    { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: words(form).zone || undefined }).format(new Date(at));

  function changed(form) {
    const state = stateOf(form.dataset.draft);
    state.dirty = true;
    state.since = state.since || Date.now();
    clearTimeout(state.timer);
    state.timer = setTimeout(() => save(state), Math.max(0, Math.min(pause, state.since + longest - Date.now())));
  }

  // save sends what is typed now. One save of a form is on its way at a time, so that an
  // older text never takes the place of a newer one.
  function save(state, urgent) {
    clearTimeout(state.timer);
    if (state.flight && !urgent) {
      return state.flight.then(() => (state.dirty ? save(state) : undefined));
    }
    const form = formOf(state.key);
    if (form) {
      state.content = contentOf(form);
    }
    state.dirty = state.dirty || Boolean(state.flight); // it may be cut off
    if (!state.dirty || !state.content) {
      return Promise.resolve();
    }
    state.dirty = false;
    state.since = 0;
    say(state.key, form ? words(form).saving : "");
    const flight = fetch("/api/drafts", {
      method: "POST", body: state.content, headers: { Accept: "application/json" },
      keepalive: String(state.content).length < 60000, // browsers take no more
    }).then(async (answer) => {
      if (!answer.ok) {
        throw answer;
      }
      const draft = await answer.json();
      state.trouble = false;
      const now = formOf(state.key);
      if (now && !state.dirty) {
        say(state.key, draft.id ? words(now).saved.replace("{time}", clock(now, draft.saved_at)) : "");
      }
    }).catch(async (answer) => {
      const { status } = answer;
      const refused = status >= 400 && status < 500 && status !== 401 && status !== 429;
      state.trouble = true;
      state.dirty = true;
      const now = formOf(state.key);
      if (now) {
        say(state.key, refused ? await explain(words(now).failed, answer) : status === 401 ? words(now).ended : words(now).failed);
      }
      if (!refused) {
        state.timer = setTimeout(() => save(state), longest);
      }
    }).finally(() => {
      if (state.flight === flight) {
        state.flight = null;
      }
    });
    state.flight = flight;
    return flight;
  }

  const pending = () => [...forms.values()].filter((state) => state.dirty || state.flight);
  const sending = () => files.filter((file) => file.busy);

  // flush saves all at once, and resolves when that is done or did not work.
  function flush(urgent) {
    return Promise.all(pending().map((state) => save(state, urgent)));
  }
  const unsaved = () => all("form[data-unsaved]").some((form) => form.unsaved);
  window.mingjingDrafts = { flush, unsaved: () => pending().length > 0 || sending().length > 0 || unsaved() };

  const on = (type, f, target) => (target || window).addEventListener(type, f, true);

  for (const type of ["input", "change"]) {
    on(type, (e) => {
      const form = e.target.form;
      if (!form || e.target.type === "password") {
        return;
      }
      if (e.target.type === "file") {
        if (type === "change" && form.dataset.draft && e.target.files.length > 0) {
          choose(form, e.target);
        }
      } else if (form.dataset.draft) {
        changed(form);
      } else if (form.hasAttribute("data-unsaved")) {
        form.unsaved = true;
      }
    });
  }

  // A link waits for the save, so that the page that it opens has the text.
  on("click", (e) => {
    const remove = e.target.closest("[data-draft-remove]");
    if (remove && remove.form) {
      e.preventDefault();
      e.stopImmediatePropagation();
      removeFile(remove);
      return;
    }
    const link = e.target.closest("a[href]");
    if (!link || e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey || link.target ||
        link.hasAttribute("download") || link.origin !== location.origin || pending().length === 0 ||
        (link.hash && link.pathname + link.search === location.pathname + location.search)) {
      return;
    }
    e.preventDefault();
    e.stopImmediatePropagation();
    const form = formOf(pending()[0].key);
    const ask = form ? words(form).leave : "";
    Promise.race([flush(), wait(patience)]).then(() => {
      if (pending().length === 0 || confirm(ask)) {
        forms.clear();
        link.click();
      }
    });
  });

  on("submit", (e) => {
    const form = e.target;
    form.unsaved = false;
    const button = e.submitter;
    if (button && button.hasAttribute("data-draft-save")) {
      forms.clear();
      return;
    }
    if (form.draftReady || (pending().length === 0 && sending().length === 0)) {
      form.draftReady = false;
      leaving = form.hasAttribute("data-full");
      return;
    }
    e.preventDefault();
    e.stopImmediatePropagation();
    if (form.draftWaits) {
      return; // it is pressed again meanwhile
    }
    form.draftWaits = true;
    const sent = sending().length > 0 && form.dataset.draft ? queue : Promise.race([flush(), wait(patience)]);
    sent.then(flush).then(() => {
      form.draftWaits = false;
      form.draftReady = true;
      if (form.dataset.draft) {
        const state = stateOf(form.dataset.draft);
        clearTimeout(state.timer);
        state.dirty = false;
      }
      if (form.requestSubmit) {
        form.requestSubmit(button && button.isConnected ? button : undefined);
      } else {
        (button || form.querySelector("button")).click();
      }
    });
  });

  on("popstate", () => flush(true));
  on("beforeunload", (e) => {
    const lost = pending().some((state) => state.trouble) || sending().length > 0 || unsaved();
    if (pending().length > 0) {
      mark(true);
      flush(true);
    }
    if (lost && !leaving && !window.mingjingLocked) {
      e.preventDefault();
      e.returnValue = "1"; // older browsers
    }
  });
  on("pagehide", () => pending().length > 0 && flush(true));
  on("visibilitychange", () => document.hidden && flush(true), document);
  on("online", () => flush());
  on("focus", () => pending().some((state) => state.trouble) && flush());

  // A page that was loaded while a save was on its way may lack the last words.
  async function catchUp() {
    if (!mark() || !document.querySelector("form[data-draft]")) {
      return;
    }
    mark(false);
    await wait(300);
    const answer = await fetch("/api/drafts", { headers: { Accept: "application/json", "Mingjing-Quiet": "1" } });
    for (const draft of answer.ok ? (await answer.json()).drafts : []) {
      const form = formOf(draft.form + " " + draft.page);
      if (!form || stateOf(form.dataset.draft).dirty) {
        continue;
      }
      for (const { name, value } of draft.fields) {
        const field = form.elements.namedItem(name);
        if (field instanceof RadioNodeList || (field && ["radio", "checkbox"].includes(field.type))) {
          all("input", form).filter((e) => e.name === name && e.value === value).forEach((e) => { e.checked = true; });
        } else if (field && field.value === field.defaultValue) {
          field.value = value;
        }
      }
    }
  }
  addEventListener("DOMContentLoaded", () => catchUp().catch(() => {}));
  if (document.readyState !== "loading") {
    catchUp().catch(() => {});
  }

  // --- files -------------------------------------------------------------------

  const make = (tag, name, text) => {
    const e = document.createElement(tag);
    if (name) {
      e.className = name;
    }
    if (text) {
      e.textContent = text;
    }
    return e;
  };

  function choose(form, input) {
    const chosen = [...input.files];
    input.value = "";
    for (const blob of chosen) {
      const file = { key: form.dataset.draft, blob, id: "", busy: true, words: { ...words(form) } };
      file.row = make("li", "draft-file");
      const text = make("div", "draft-file-text");
      file.note = make("p", "hint", file.words.waiting);
      file.note.setAttribute("role", "status");
      file.bar = make("progress");
      file.bar.max = blob.size || 1;
      file.bar.value = 0;
      file.bar.setAttribute("aria-label", blob.name);
      file.remove = make("button", "button button-quiet", file.words.remove);
      file.remove.type = "button";
      file.remove.append(Object.assign(make("span", "visually-hidden"), { textContent: " " + blob.name }));
      file.remove.addEventListener("click", () => drop(file));
      text.append(make("bdi", "", blob.name), file.note, file.bar);
      file.row.append(text, file.remove);
      picture(file);
      files.push(file);
      show(file);
      queue = queue.then(() => send(file)).catch(() => {}).then(() => { file.busy = false; });
    }
  }

  // picture draws a small copy of a picture; nothing else sees the file.
  function picture(file) {
    if (!file.blob.type.startsWith("image/") || !window.createImageBitmap) {
      return;
    }
    createImageBitmap(file.blob, { resizeHeight: 96, resizeQuality: "medium" }).then((image) => {
      const canvas = make("canvas", "draft-picture");
      canvas.width = image.width;
      canvas.height = image.height;
      canvas.getContext("2d").drawImage(image, 0, 0);
      canvas.setAttribute("aria-hidden", "true");
      file.row.prepend(canvas);
    }).catch(() => {}); // a kind that this browser can't draw
  }

  // show puts a file into the list of its form: the app may have built the page anew.
  function show(file) {
    const form = formOf(file.key);
    const list = form && form.querySelector("[data-draft-uploads]");
    if (!list || file.gone) {
      return;
    }
    if (!list.contains(file.row)) {
      list.append(file.row);
    }
    file.row.hidden = Boolean(file.id && all("[data-draft-file]", form).some((row) => row.dataset.draftFile === file.id));
    list.hidden = !list.querySelector("li:not([hidden])");
  }
  new MutationObserver(() => files.forEach(show)).observe(document.documentElement, { childList: true, subtree: true });

  // size returns the size of a file in words, as the server writes it (i18n.FileSize).
  function size(file) {
    const kb = Math.round(file.blob.size / 1024);
    const number = (n) => new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 }).format(n);
    return kb < 1024 ? file.words.kb.replace("{size}", number(Math.max(1, kb))) : file.words.mb.replace("{size}", number(kb / 1024));
  }

  function progress(file, done) {
    file.bar.value = done;
    file.note.textContent = file.words.progress.replace("{percent}", Math.floor(100 * done / (file.blob.size || 1))).replace("{size}", size(file));
    if (window.mingjingHere) {
      window.mingjingHere(); // an upload in progress is use of the session
    }
  }

  function fail(file, text) {
    file.bar.remove();
    file.note.className = "error";
    file.note.textContent = text;
  }

  const ask = (path, body, more) => fetch(path, {
    method: body ? "POST" : "GET", body: body && JSON.stringify(body), keepalive: Boolean(body), // also when the page is left
    headers: { Accept: "application/json", ...(body ? { "Content-Type": "application/json" } : {}), ...more },
  });

  // explain returns the sentence of a problem.
  async function explain(otherwise, answer) {
    try {
      const problem = await answer.json();
      return (problem.fields && problem.fields[0] && problem.fields[0].detail) || problem.title || otherwise;
    } catch (error) {
      return otherwise;
    }
  }

  // send sends one file in parts. A break is waited for, and it goes on where it stopped.
  async function send(file) {
    let state = null;
    for (let tries = 0; !file.gone; tries++) {
      try {
        const answer = state ? await ask("/api/drafts/files/" + state.id, null, state.state === "checking" ? { "Mingjing-Quiet": "1" } : {}) :
          await ask("/api/drafts/files", { draft: file.key, name: file.blob.name || "photo", size: file.blob.size });
        if (answer.status >= 500 || answer.status === 429) {
          throw answer.status;
        }
        if (!answer.ok) {
          return fail(file, answer.status === 401 ? file.words.ended : await explain(file.words.unsent, answer));
        }
        state = await answer.json();
        file.id = state.id;
        if (file.gone) {
          await removed(state.id);
          return undefined;
        }
        while (state.state === "arriving" && !file.gone) {
          const part = file.blob.slice(state.received, state.received + 524288);
          if (state.received + part.size >= file.blob.size) {
            file.last = true;
          }
          const next = await put(file, state, part);
          if (next.status === 409) {
            break; // another part is expected: ask which
          }
          if (next.status >= 500 || next.status === 0 || next.status === 429) {
            throw next.status;
          }
          if (next.status !== 200) {
            return fail(file, next.status === 401 ? file.words.ended : await explain(file.words.unsent, next));
          }
          state = { ...await next.json(), id: state.id };
          tries = 0;
        }
        if (state.state === "ready") {
          file.bar.remove();
          file.note.textContent = size(file) + " · " + file.words.ready;
          return undefined;
        }
        if (state.state === "refused") { // only the answer to a part says why
          return fail(file, await explain(file.words.unsent, await put(file, state, file.blob.slice(0, 0))));
        }
        if (state.state === "checking") {
          file.bar.remove();
          file.note.textContent = size(file) + " · " + file.words.checking;
          await wait(Math.min(20000, 2000 + 1000 * tries));
        }
      } catch (error) {
        file.note.textContent = file.words.stopped;
        await Promise.race([wait(Math.min(30000, 1000 * 2 ** tries)), new Promise((done) => addEventListener("online", done, { once: true }))]);
      }
    }
    return undefined;
  }

  // put sends one part. It has no limit of time, as long as something gets through.
  const put = (file, state, part) => new Promise((done) => {
    const request = new XMLHttpRequest();
    let quiet = 0;
    const alive = () => {
      clearTimeout(quiet);
      quiet = setTimeout(() => request.abort(), silence);
    };
    request.upload.onprogress = (e) => {
      alive();
      progress(file, Math.min(file.blob.size, state.received + e.loaded));
    };
    request.upload.onload = () => {
      alive();
      if (file.last) {
        file.note.textContent = file.words.checking;
      }
    };
    request.onloadend = () => {
      clearTimeout(quiet);
      done({ status: request.status, json: async () => JSON.parse(request.responseText) });
    };
    request.open("PATCH", "/api/drafts/files/" + state.id);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Content-Type", "application/offset+octet-stream");
    request.setRequestHeader("Upload-Offset", String(state.received));
    alive();
    file.request = request;
    request.send(part);
  });

  // removed removes a file from its draft. It is an error where the server does not say so.
  const removed = async (id) => {
    const answer = await ask("/api/drafts/files/" + id + "/remove", {});
    if (!answer.ok && answer.status !== 404) {
      throw answer.status;
    }
  };

  async function drop(file) {
    file.gone = true;
    if (file.request) {
      file.request.abort();
    }
    if (file.id) {
      file.remove.disabled = true;
      try {
        await removed(file.id);
      } catch (error) {
        file.remove.disabled = false;
        return;
      }
    }
    next(file.row);
    file.row.remove();
    files.splice(files.indexOf(file), 1);
    files.forEach(show);
    all("[data-draft-uploads]").forEach((list) => { list.hidden = !list.querySelector("li:not([hidden])"); });
  }

  // next moves the focus to the field for files, since the button goes.
  function next(row) {
    const field = row.closest("form") && row.closest("form").querySelector("input[type=file]");
    if (field) {
      field.focus();
    }
  }

  function removeFile(button) {
    const row = button.closest("[data-draft-file]");
    button.disabled = true;
    removed(button.dataset.draftRemove).then(() => {
      next(row);
      row.hidden = true;
    }).catch(() => { button.disabled = false; });
  }
})();
