// A page on next-auth's stock browser client for passkeys, unchanged. What its calls return
// is shown where tests can read it.
import { SessionProvider, signIn, signOut, useSession } from "next-auth/react";
import { signIn as withPasskey } from "next-auth/webauthn";
import { useState } from "react";
import { createRoot } from "react-dom/client";

function Page() {
  const { data, status } = useSession();
  const [result, setResult] = useState<unknown>();
  const run = (work: () => Promise<unknown>) => async () => {
    setResult("…");
    try {
      setResult((await work()) ?? null);
    } catch (error) {
      setResult({ threw: String(error) });
    }
  };
  const ada = { email: "ada@example.com", password: "correct horse battery" };
  return (
    <main>
      <p id="status">{status}</p>
      <pre id="session">{JSON.stringify(data ?? null)}</pre>
      <pre id="result">{JSON.stringify(result ?? null)}</pre>
      <button id="sign-in" onClick={run(() => signIn("credentials", { ...ada, redirect: false }))}>Sign in</button>
      <button id="register-passkey" onClick={run(() => withPasskey("passkey", { action: "register", redirect: false }))}>Add a passkey</button>
      <button id="use-passkey" onClick={run(() => withPasskey("passkey", { redirect: false }))}>Use a passkey</button>
      <button id="sign-out" onClick={run(() => signOut({ redirect: false }))}>Sign out</button>
    </main>
  );
}

createRoot(document.getElementById("root")!).render(
  <SessionProvider basePath="/api/auth">
    <Page />
  </SessionProvider>,
);
