// next-auth 4 behind node's own server, as the API route of a Next.js application runs it.
// Next.js is what reads bodies and cookies there; this does as much of it as is needed.
import type { IncomingMessage, ServerResponse } from "node:http";
import nextAuth from "next-auth-v4";
import emailProvider from "next-auth-v4/providers/email";

// What CommonJS calls default is a field of what node imports.
const of = <T>(module: T): T => (module as { default?: T }).default ?? module;
const NextAuth = of(nextAuth) as unknown as (req: unknown, res: unknown, options: unknown) => Promise<void>;
const Email = of(emailProvider) as unknown as (options: unknown) => unknown;

export function nextAuth4(adapter: unknown, env: Record<string, string>, own: { session: object; cookies: object }) {
  process.env.NEXTAUTH_URL = env.ORIGIN ?? `http://127.0.0.1:${env.PORT}`;
  process.env.NEXTAUTH_SECRET = env.AUTH_SECRET.split(",")[0]; // it knows no lists
  const options = {
    adapter,
    session: { strategy: "database", maxAge: Number(env.MAX_AGE ?? 2592000), updateAge: Number(env.UPDATE_AGE ?? 86400), ...own.session },
    cookies: Object.fromEntries(Object.entries(own.cookies as Record<string, { name: string }>).map(([cookie, { name }]) => [cookie, { name, options: { httpOnly: true, sameSite: "lax", path: "/" } }])),
    providers: [
      {
        id: "oidc",
        name: "Provider",
        type: "oauth",
        wellKnown: `${env.OIDC_ISSUER}/.well-known/openid-configuration`,
        authorization: { params: { scope: "openid email profile" } },
        idToken: true,
        checks: ["pkce", "state"],
        clientId: "client",
        clientSecret: "secret",
        profile: (p: Record<string, string>) => ({ id: p.sub, name: p.name, email: p.email, image: p.picture }),
      },
      // Nobody signs in by this one: next-auth makes no database session for it.
      { id: "credentials", name: "Password", type: "credentials", credentials: {}, authorize: () => null },
      ...(env.EMAIL_SERVER ? [Email({ server: env.EMAIL_SERVER, from: env.EMAIL_FROM, secret: env.EMAIL_SECRET || undefined })] : []),
    ],
  };
  return async (req: IncomingMessage, res: ServerResponse, at: URL, body: string) => {
    const request = Object.assign(req, {
      query: { ...Object.fromEntries(at.searchParams), nextauth: at.pathname.split("/").slice(3) },
      cookies: cookies(req.headers.cookie ?? ""),
      body: req.headers["content-type"]?.includes("json") ? JSON.parse(body || "{}") : Object.fromEntries(new URLSearchParams(body)),
    });
    const response = Object.assign(res, {
      status: (status: number) => Object.assign(res, { statusCode: status }),
      json: (value: unknown) => res.setHeader("Content-Type", "application/json").end(JSON.stringify(value)),
      send: (value: unknown) => (typeof value === "object" ? response.json(value) : res.end(value ?? "")),
    });
    await NextAuth(request, response, options);
  };
}

function cookies(header: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const pair of header.split("; ").filter(Boolean)) {
    const [name, ...value] = pair.split("=");
    found[name] ??= decodeURIComponent(value.join("="));
  }
  return found;
}
