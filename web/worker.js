"use strict";
// The service worker. It stores public files that never change under their address, the
// program that the person uses with the sentences of their language, and one neutral
// offline page for each language. It stores no personal page and no answer of the API:
// those always come from the network.
const version = "{{.Version}}";
const cacheName = "mingjing-" + version;
const files = {{.Files}};
// By the name of the program, then by language: the files that a page needs to start.
const programs = {{.Programs}};
const offlinePages = {{.OfflinePages}};
const known = new Set([files, Object.values(programs).map((p) => Object.values(p))].flat(3));
const notices = {{.Notices}};

self.addEventListener("install", (event) => event.waitUntil(install()));

async function install() {
  const cache = await caches.open(cacheName);
  await add(cache, files);
  // A person who used a program will use its new version.
  for (const [name, languages] of Object.entries(programs)) {
    for (const [lang, urls] of Object.entries(languages)) {
      if ((await Promise.all(urls.map(isKept))).every(Boolean)) {
        await add(cache, urls);
      }
    }
  }
  // Without credentials, so that the page has nothing personal.
  await Promise.all(Object.values(offlinePages).map(async (url) => {
    const response = await fetch(url, { credentials: "omit", cache: "no-store" });
    if (!response.ok || response.redirected) {
      throw new Error("offline page " + url + ": " + response.status);
    }
    await cache.put(url, response);
  }));
}

function add(cache, urls) {
  return cache.addAll(urls.map((url) => new Request(url, { credentials: "omit" })));
}

// isKept reports whether any version of a file is stored.
async function isKept(url) {
  return Boolean(await caches.match(url, { ignoreSearch: true }));
}

// keep stores the program and the language that a page names.
async function keep(name, lang) {
  const urls = Object.hasOwn(programs, name) && programs[name][lang];
  if (!urls) {
    return;
  }
  const cache = await caches.open(cacheName);
  const missing = [];
  for (const url of urls) {
    if (!(await cache.match(url))) {
      missing.push(url);
    }
  }
  await add(cache, missing);
}

self.addEventListener("activate", (event) => event.waitUntil(activate()));

async function activate() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== cacheName).map((name) => caches.delete(name)));
  await self.clients.claim();
}

// A new worker waits until the person agrees to the update, or until the last
// page of the old one is closed.
self.addEventListener("message", (event) => {
  if (event.data && event.data.type === "mingjing:activate") {
    self.skipWaiting();
  }
  if (event.data && event.data.type === "mingjing:keep") {
    // Without a connection another page will ask again.
    event.waitUntil(keep(event.data.program, event.data.lang).catch(() => {}));
  }
});

self.addEventListener("fetch", (event) => {
  const request = event.request;
  const url = new URL(request.url);
  if (request.method === "POST" && request.mode === "navigate" && url.pathname === "/api/incoming") {
    event.respondWith(fetch(request).catch(() => caches.match(offlinePages[preferred()], { cacheName: cacheName })));
    return;
  }
  if (request.method !== "GET" || url.origin !== self.location.origin) {
    return;
  }
  if (request.mode === "navigate") {
    if (!url.pathname.startsWith("/api/") && !url.pathname.startsWith("/web/")) {
      event.respondWith(page(request, url));
    }
    return;
  }
  if (known.has(url.pathname + url.search)) {
    event.respondWith(file(request));
  }
});

async function page(request, url) {
  try {
    // A connection that was closed while it was idle fails once, also when the device
    // is online.
    return await fetch(request).catch(() => fetch(request));
  } catch (error) {
    const cached = await caches.match(offlinePages[language(url)], { cacheName: cacheName });
    if (cached) {
      return cached;
    }
    throw error;
  }
}

async function file(request) {
  const cached = await caches.match(request, { cacheName: cacheName });
  return cached || fetch(request);
}

function language(url) {
  for (const lang of Object.keys(offlinePages)) {
    if (url.pathname === "/" + lang || url.pathname.startsWith("/" + lang + "/")) {
      return lang;
    }
  }
  return preferred();
}

function preferred() {
  return (self.navigator.language || "").startsWith("en") ? "en" : "zh-CN";
}

// A push message contains a language, and a kind only where the person wants it on a
// locked screen. Any other message is shown as the neutral sentence, since browsers
// require that every message is shown.
self.addEventListener("push", (event) => event.waitUntil(tell(event.data)));

async function tell(data) {
  let message = {};
  try {
    message = (data && data.json()) || {};
  } catch (error) {
    // It is no message of ours.
  }
  const lang = Object.hasOwn(notices, message.lang) ? message.lang : preferred();
  const text = notices[lang];
  const body = Object.hasOwn(text.kinds, message.kind) ? text.kinds[message.kind] : text.neutral;
  await self.registration.showNotification(text.title, {
    body: body,
    lang: lang,
    tag: "mingjing",
    renotify: true,
    icon: "/apple-touch-icon.png",
    data: { inbox: offlinePages[lang].replace(/[^/]*$/, "inbox") },
  });
}

// The browser has given this device another address for messages, or ends the old one.
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event).catch(() => {})));

async function renew(event) {
  const old = event.oldSubscription;
  const options = old && old.options;
  const next = event.newSubscription || (options && await self.registration.pushManager.subscribe(options));
  if (!next) {
    return;
  }
  const send = (path, body) => fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(body),
  });
  // Without a login the old address goes when it is used next, and the resident is told.
  const taken = await send("/api/push", next);
  if (taken.ok && old && old.endpoint !== next.endpoint) {
    await send("/api/push/remove", { endpoint: old.endpoint });
  }
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openInbox(event.notification.data.inbox));
});

async function openInbox(inbox) {
  const windows = await self.clients.matchAll({ type: "window" });
  for (const window of windows) {
    try {
      await window.navigate(inbox);
      await window.focus();
      return;
    } catch (error) {
      // The page belongs to an older worker, or is just closing.
    }
  }
  await self.clients.openWindow(inbox);
}
