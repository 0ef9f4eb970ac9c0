// Stands in for GitHub: the tests' own provider, on loopback.
export default () => ({
  id: "github",
  name: "GitHub",
  type: "oidc" as const,
  issuer: process.env.OIDC_ISSUER,
  clientId: "client",
  clientSecret: "secret",
});
