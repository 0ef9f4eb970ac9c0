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
