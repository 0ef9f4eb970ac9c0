// Stands in for GitHub: the tests' own provider, on loopback.
export default () => ({
  id: "github",
  name: "GitHub",
  type: "oidc" as const,
  issuer: process.env.OIDC_ISSUER,
  clientId: "client",
  clientSecret: "secret",
});

// Where Go has another host of the same domain, so has the session cookie that domain.
export const cookies = process.env.COOKIE_DOMAIN ? { sessionToken: { options: { domain: process.env.COOKIE_DOMAIN } } } : undefined;
