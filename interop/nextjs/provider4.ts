// Stands in for GitHub: the tests' own provider, on loopback.
export default (_: { clientId: string; clientSecret: string }) => ({
  id: "github",
  name: "GitHub",
  type: "oauth" as const,
  wellKnown: `${process.env.OIDC_ISSUER}/.well-known/openid-configuration`,
  authorization: { params: { scope: "openid email profile" } },
  idToken: true,
  checks: ["pkce" as const, "state" as const],
  clientId: "client",
  clientSecret: "secret",
  profile: (p: Record<string, string>) => ({ id: p.sub, name: p.name, email: p.email, image: p.picture }),
});

// Where Go has another host of the same domain, so has the session cookie that domain. Here
// what the option says takes the place of all that is default.
export const cookies = process.env.COOKIE_DOMAIN
  ? { sessionToken: { name: "next-auth.session-token", options: { httpOnly: true, sameSite: "lax", path: "/", domain: process.env.COOKIE_DOMAIN } } }
  : undefined;
