// A page on next-auth's stock browser client, unchanged. What it is told, and
// what its calls return, is shown where tests can read it.
import { getCsrfToken, getProviders, getSession, SessionProvider, signIn, signOut, useSession } from "next-auth/react";
import { useState } from "react";
import { createRoot } from "react-dom/client";

function Page() {
  const { data, status, update } = useSession();
  const [result, setResult] = useState<unknown>();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const run = (work: () => Promise<unknown>) => async () => {
    setResult("…");
    try {
      setResult((await work()) ?? null);
    } catch (error) {
      setResult({ threw: String(error) });
    }
  };
  return (
    <main>
      <p id="status">{status}</p>
      <pre id="session">{JSON.stringify(data ?? null)}</pre>
      <pre id="result">{JSON.stringify(result ?? null)}</pre>
      <input id="email" value={email} onChange={(e) => setEmail(e.target.value)} />
      <input id="password" type="password" value={password} onChange={(e) => setPassword(e.target.value)} />
      <button id="sign-in" onClick={run(() => signIn("credentials", { email, password, redirect: false }))}>Sign in</button>
      <button id="sign-in-oauth" onClick={run(() => signIn("oidc", { redirectTo: "/" }))}>Sign in at the provider</button>
      <button id="sign-in-email" onClick={run(() => signIn("email", { email, redirect: false }))}>Mail a link</button>
      <button id="sign-in-nodemailer" onClick={run(() => signIn("nodemailer", { email, redirect: false }))}>Mail a link as Auth.js does</button>
      <button id="sign-out" onClick={run(() => signOut({ redirect: false }))}>Sign out</button>
      <button id="update" onClick={run(() => update({ theme: "dark" }))}>Update</button>
      <button id="get" onClick={run(() => getSession())}>Session</button>
      <button id="providers" onClick={run(() => getProviders())}>Providers</button>
      <button id="csrf" onClick={run(() => getCsrfToken())}>CSRF token</button>
    </main>
  );
}

createRoot(document.getElementById("root")!).render(
  <SessionProvider basePath="/api/auth">
    <Page />
  </SessionProvider>,
);
