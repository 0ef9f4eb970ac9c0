// Where the Go service is for this server. Browsers find it under /go.
export const goURL = process.env.GO_URL ?? "http://localhost:8080";

/** Who the Go service says is signed in: its answer at /go/me. */
export type Me = { email: string; role: string };

/**
 * Asks the Go service whose session the cookies of a request name: me is null where nobody
 * is signed in. setCookie is for the browser, where the session was rolled on. Throws where
 * nobody can say who is signed in, since the Go service or its database is away.
 */
export async function askGo(cookie: string): Promise<{ me: Me | null; setCookie: string[] }> {
  const answer = await fetch(`${goURL}/go/me`, {
    headers: { cookie, accept: "application/json" },
    cache: "no-store",
    signal: AbortSignal.timeout(10_000),
  });
  if (answer.status === 401) return { me: null, setCookie: [] };
  if (!answer.ok) throw new Error(`the Go service answers ${answer.status}`);
  return { me: await answer.json(), setCookie: answer.headers.getSetCookie() };
}
