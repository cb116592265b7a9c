"use strict";
// Passkeys: asks the browser for one when a button with data-passkey is pressed, and sends
// what it says as a form. The button's section is shown only where browsers can do that;
// everything else on the page works without it.
(() => {
  const credentials = navigator.credentials;
  if (!credentials || !window.PublicKeyCredential) {
    return;
  }
  document.documentElement.classList.add("has-passkeys");

  // WebAuthn's JSON has bytes as base64url.
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  const named = (list) => (list || []).map((d) => ({ ...d, id: bytes(d.id) }));

  const ask = async (o) => {
    o.challenge = bytes(o.challenge);
    if (!o.user) {
      return credentials.get({ publicKey: { ...o, allowCredentials: named(o.allowCredentials) } });
    }
    o.user.id = bytes(o.user.id);
    return credentials.create({ publicKey: { ...o, excludeCredentials: named(o.excludeCredentials) } });
  };

  const written = (key) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (key.response[name]) {
        response[name] = text(key.response[name]);
      }
    }
    if (key.response.getTransports) {
      response.transports = key.response.getTransports();
    }
    return JSON.stringify({ id: key.id, rawId: text(key.rawId), type: key.type, response, clientExtensionResults: {} });
  };

  addEventListener("click", async (e) => {
    const button = e.target.closest && e.target.closest("[data-passkey]");
    if (!button || button.getAttribute("aria-disabled") === "true") {
      return;
    }
    const { form, dataset } = button;
    const status = form.querySelector("[role=status]");
    button.setAttribute("aria-disabled", "true");
    status.textContent = "";
    try {
      const answer = await fetch(dataset.passkey, {
        method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify(dataset.ticket === "ticket" ? {} : { ticket: form.elements.ticket.value }),
      });
      const said = await answer.json();
      if (answer.ok) {
        const key = await ask(JSON.parse(said.options));
        form.elements[dataset.ticket].value = said.ticket;
        form.elements.credential.value = written(key);
        form.submit();
        return;
      }
      status.textContent = said.title || dataset.failed;
    } catch {
      status.textContent = dataset.failed; // the person said no, or there is no passkey
    }
    button.removeAttribute("aria-disabled");
  });
})();
