// What pages do with passkeys. Without it, and without passkeys in the browser, every other
// way to sign in works.
(() => {
  // Browsers have no passkeys for an IP address.
  const named = !/^[\d.]+$|^\[/.test(location.hostname);
  const has = named && window.PublicKeyCredential && PublicKeyCredential.parseRequestOptionsFromJSON;
  // What the server asked is good for five minutes.
  const renewal = 4 * 60 * 1000;
  // One tab after the other: each answer sets the cookie that the next one adds to.
  const ask = (url) => navigator.locks.request("authent.passkey", async () => {
    const res = await fetch(url, { headers: { Accept: "application/json" } });
    if (!res.ok) throw new Error("options: " + res.status);
    return (await res.json()).options;
  });
  const send = (form, credential) => {
    if (waiting) waiting.abort();
    form.elements.data.value = JSON.stringify(credential.toJSON());
    form.submit();
  };
  const tell = (form, err) => {
    const out = form.querySelector("output");
    if (out && err.name !== "AbortError") out.textContent = out.dataset[err.name[0].toLowerCase() + err.name.slice(1)] || out.dataset.other;
  };
  let waiting = null;
  // A browser that is told forgets a passkey once it is removed.
  const removed = "authent.removed";
  const kept = document.querySelector("[data-passkeys]");
  const gone = kept && JSON.parse(sessionStorage.getItem(removed));
  if (has && gone && !kept.dataset.passkeys.split(" ").includes(gone.credentialId) && PublicKeyCredential.signalUnknownCredential) {
    PublicKeyCredential.signalUnknownCredential(gone).catch(() => {});
    sessionStorage.removeItem(removed);
  }
  for (const form of document.querySelectorAll("form[data-credential]")) {
    form.addEventListener("submit", () => {
      sessionStorage.setItem(removed, JSON.stringify({ rpId: kept.dataset.rp, credentialId: form.dataset.credential }));
    });
  }
  for (const form of has ? document.querySelectorAll("form[data-passkey]") : []) {
    form.hidden = false;
    if (form.previousElementSibling?.matches(".or.passkey")) form.previousElementSibling.hidden = false;
    const adds = form.elements.action.value === "register";
    const run = async (more) => {
      const options = await ask(form.dataset.passkey);
      const credential = adds
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options), ...more });
      send(form, credential);
    };
    const autofill = () => {
      const mine = (waiting = new AbortController());
      const { signal } = mine;
      const asked = Date.now();
      run({ mediation: "conditional", signal }).catch(() => {});
      // Not while the person is at the browser's own prompt, which has the focus then.
      const again = () => {
        if (Date.now() - asked < renewal || document.hidden || !document.hasFocus()) return;
        mine.abort();
        autofill();
      };
      const timer = setInterval(again, 15 * 1000);
      signal.addEventListener("abort", () => clearInterval(timer));
      addEventListener("focus", again, { signal });
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (waiting) waiting.abort();
      run({}).catch((err) => tell(form, err));
    });
    if (!adds && form.dataset.autofill !== undefined && PublicKeyCredential.isConditionalMediationAvailable) {
      PublicKeyCredential.isConditionalMediationAvailable().then((can) => {
        if (can) autofill();
      });
    }
  }
})();
