// An OpenID Connect provider, certified by the OpenID Foundation, with one client.
// Whoever signs in is who they say. Arguments: port, redirect URI.
import Provider from "oidc-provider";

const [port, redirectURI] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [{ client_id: "client", client_secret: "a secret of the interop test", redirect_uris: [redirectURI], grant_types: ["authorization_code", "refresh_token"] }],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  findAccount: (ctx, id) => ({
    accountId: id,
    claims: async () => ({ sub: id, email: `${id}@example.com`, email_verified: true, name: "Ada Lovelace" }),
  }),
  issueRefreshToken: async () => true,
  rotateRefreshToken: true,
  pkce: { methods: ["S256"], required: () => true },
  cookies: { keys: ["a key of the interop test"] },
});

const server = provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
// Connections stay open however long a busy machine pauses between two requests.
server.keepAliveTimeout = server.headersTimeout = server.requestTimeout = 0;
