import { createHash } from "node:crypto";

/** What an adapter of Auth.js 5, and one of next-auth 4, does with sessions. */
interface SessionAdapter {
  createSession?(session: Session): Awaitable<Session>;
  getSessionAndUser?(token: string): Awaitable<{ session: Session; user: object } | null>;
  updateSession?(session: Partial<Session> & Pick<Session, "sessionToken">): Awaitable<Session | null | undefined>;
  deleteSession?(token: string): Awaitable<Session | null | undefined | void>;
}

interface Session {
  sessionToken: string;
  userId: string;
  expires: Date;
}

type Awaitable<T> = T | PromiseLike<T>;

/**
 * Wraps an Auth.js adapter so that the database holds session tokens as SHA-256,
 * in lowercase hex, which is how authent stores them (AuthJSSharedHashed). Whoever
 * reads the database then holds no token that works. Auth.js goes on seeing the
 * tokens themselves, which are what it puts into cookies.
 */
export function hashSessionTokens<A extends SessionAdapter>(adapter: A): A {
  const { createSession, getSessionAndUser, updateSession, deleteSession } = adapter;
  const wrapped: SessionAdapter = {};
  if (createSession) {
    wrapped.createSession = async (session) => ({
      ...(await createSession.call(adapter, { ...session, sessionToken: sha256(session.sessionToken) })),
      sessionToken: session.sessionToken,
    });
  }
  if (getSessionAndUser) {
    wrapped.getSessionAndUser = async (token) => {
      const found = await getSessionAndUser.call(adapter, sha256(token));
      return found && { ...found, session: { ...found.session, sessionToken: token } };
    };
  }
  if (updateSession) {
    wrapped.updateSession = async (session) => {
      const updated = await updateSession.call(adapter, { ...session, sessionToken: sha256(session.sessionToken) });
      return updated && { ...updated, sessionToken: session.sessionToken };
    };
  }
  if (deleteSession) {
    wrapped.deleteSession = async (token) => {
      const deleted = await deleteSession.call(adapter, sha256(token));
      return deleted ? { ...deleted, sessionToken: token } : null;
    };
  }
  return { ...adapter, ...wrapped };
}

function sha256(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
