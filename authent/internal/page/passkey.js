// What pages do with passkeys. Without it, and without passkeys in the browser, every other
// way to sign in works.
(() => {
  // Browsers have no passkeys for an IP address.
  const named = !/^[\d.]+$|^\[/.test(location.hostname);
  const has = named && window.PublicKeyCredential && PublicKeyCredential.parseRequestOptionsFromJSON;
  // What the server asked is good for five minutes.
  const renewal = 4 * 60 * 1000;
  const ask = async (url) => {
    const res = await fetch(url, { headers: { Accept: "application/json" } });
    if (!res.ok) throw new Error("options: " + res.status);
    return (await res.json()).options;
  };
  const send = (form, credential) => {
    form.elements.data.value = JSON.stringify(credential.toJSON());
    form.submit();
  };
  const tell = (form, err) => {
    const out = form.querySelector("output");
    if (out && err.name !== "AbortError") out.textContent = out.dataset[err.name[0].toLowerCase() + err.name.slice(1)] || out.dataset.other;
  };
  let waiting = null;
  const accepted = document.querySelector("[data-accepted]");
  if (has && accepted && PublicKeyCredential.signalAllAcceptedCredentials) {
    PublicKeyCredential.signalAllAcceptedCredentials(JSON.parse(accepted.dataset.accepted)).catch(() => {});
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
      run({ mediation: "conditional", signal: mine.signal }).catch(() => {});
      const again = () => {
        if (mine.signal.aborted) return;
        if (document.hidden) return document.addEventListener("visibilitychange", again, { once: true });
        mine.abort();
        autofill();
      };
      setTimeout(again, renewal);
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
