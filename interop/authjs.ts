// An Auth.js server on loopback, on the adapters of the example applications. It
// prints "ready" when it serves. Everything it is to be comes from environment
// variables; ORIGIN is where browsers find it, if a proxy is before it; AUTH_SECRET may
// be several, with commas between; NEXT_AUTH=4 makes it one of next-auth 4. Beside Auth.js at /api/auth it has, for the tests:
//
//   GET /          the page of client.tsx
//   POST /adapter  {method, args}: a call of the adapter, or of bcrypt
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Auth, type AuthConfig } from "@auth/core";
import type { Adapter } from "@auth/core/adapters";
import Nodemailer from "@auth/core/providers/nodemailer";
import { DrizzleAdapter } from "@auth/drizzle-adapter";
import { PrismaAdapter } from "@auth/prisma-adapter";
import { PrismaAdapter as PrismaAdapter4 } from "@next-auth/prisma-adapter";
import { createClient } from "@libsql/client";
import { PrismaLibSql } from "@prisma/adapter-libsql";
import { PrismaMariaDb } from "@prisma/adapter-mariadb";
import { PrismaPg } from "@prisma/adapter-pg";
import bcrypt from "bcryptjs";
import { drizzle as onLibsql } from "drizzle-orm/libsql";
import { drizzle as onMySQL } from "drizzle-orm/mysql2";
import { drizzle as onPostgres } from "drizzle-orm/node-postgres";
import mysql from "mysql2/promise";
import { accounts, sessions, users, verificationTokens } from "../examples/nextjs-drizzle/web/schema";
import { PrismaClient } from "../examples/nextjs-prisma/web/generated/client";
import { hashSessionTokens } from "../examples/nextjs-prisma/web/hashed-tokens";
import { nextAuth4 } from "./nextauth4";
import { PrismaClient as PrismaMySQL } from "./node_modules/.authent/prisma-mysql/client";
import { PrismaClient as PrismaSQLite } from "./node_modules/.authent/prisma-sqlite/client";

const env = process.env as Record<string, string>;
const url = env.DATABASE_URL;

const is4 = env.NEXT_AUTH === "4";
const onPrisma = is4 ? (PrismaAdapter4 as unknown as typeof PrismaAdapter) : PrismaAdapter;

const adapters: Record<string, () => Adapter> = {
  "prisma.postgres": () => onPrisma(new PrismaClient({ adapter: new PrismaPg({ connectionString: url }) })),
  "prisma.sqlite": () => onPrisma(new PrismaSQLite({ adapter: new PrismaLibSql({ url, timeout: 5000 }) }) as never),
  "prisma.mysql": () => onPrisma(new PrismaMySQL({ adapter: new PrismaMariaDb(url) }) as never),
  "drizzle.postgres": () =>
    DrizzleAdapter(onPostgres(url), {
      usersTable: users,
      accountsTable: accounts,
      sessionsTable: sessions,
      verificationTokensTable: verificationTokens,
    }),
  "drizzle-defaults.postgres": () => DrizzleAdapter(onPostgres(url)),
  "drizzle.mysql": () => DrizzleAdapter(onMySQL(mysql.createPool(url))),
  "drizzle.sqlite": () => DrizzleAdapter(onLibsql(createClient({ url, timeout: 5000 }))),
};

const plain = adapters[env.ADAPTER]();
const adapter = env.HASHES_TOKENS ? hashSessionTokens(plain) : plain;

// What applications set of their own: names of cookies, tokens, a secret for links.
const own = {
  session: env.BASE64_TOKENS ? { generateSessionToken: () => randomBytes(25).toString("base64") } : {},
  cookies: env.COOKIES
    ? {
        sessionToken: { name: `${env.COOKIES}.session-token` },
        csrfToken: { name: `${env.COOKIES}.csrf-token` },
        callbackUrl: { name: `${env.COOKIES}.callback-url` },
      }
    : {},
};

const config: AuthConfig = {
  adapter,
  basePath: "/api/auth",
  secret: env.AUTH_SECRET.split(","), // the newest first
  trustHost: true,
  session: { strategy: "database", maxAge: Number(env.MAX_AGE ?? 2592000), updateAge: Number(env.UPDATE_AGE ?? 86400), ...own.session },
  cookies: own.cookies,
  providers: [
    { id: "oidc", name: "Provider", type: "oidc", issuer: env.OIDC_ISSUER, clientId: "client", clientSecret: "secret" },
    ...(env.EMAIL_SERVER ? [Nodemailer({ server: env.EMAIL_SERVER, from: env.EMAIL_FROM, ...(env.EMAIL_SECRET && { secret: env.EMAIL_SECRET }) })] : []),
  ],
};

const answer4 = is4 ? nextAuth4(adapter, env, own) : undefined;

const pages: Record<string, { type: string; text: string }> = {
  "/": { type: "text/html", text: `<!doctype html><html lang="en"><title>client</title><div id="root"></div><script src="/client.js"></script></html>` },
  "/favicon.ico": { type: "image/x-icon", text: "" },
  "/client.js": { type: "text/javascript", text: readFileSync(new URL(is4 ? "client4.js" : "client.js", import.meta.url), "utf8") },
};

const bcryptjs: Record<string, (...args: never[]) => Promise<unknown>> = { "bcrypt.hash": bcrypt.hash, "bcrypt.compare": bcrypt.compare };

async function call(body: string): Promise<unknown> {
  const { method, args } = JSON.parse(body, (key, value) =>
    (key === "expires" || key === "emailVerified") && value ? new Date(value) : value);
  const f = bcryptjs[method] ?? (adapter as Record<string, unknown>)[method];
  return (f as (...args: unknown[]) => unknown).apply(adapter, args);
}

const server = createServer(async (req, res) => {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const at = new URL(req.url!, env.ORIGIN ?? `http://${req.headers.host}`);
  const json = (status: number, value: unknown) => {
    res.writeHead(status, { "Content-Type": "application/json" });
    res.end(JSON.stringify(value ?? null));
  };
  try {
    if (at.pathname === "/adapter") return json(200, await call(body.toString()));
    const page = pages[at.pathname];
    if (page) return res.writeHead(200, { "Content-Type": page.type }).end(page.text);
    if (answer4) return await answer4(req, res, at, body.toString());
    const headers = new Headers(req.headers as Record<string, string>);
    const answer = await Auth(new Request(at, { method: req.method, headers, body: body.length > 0 ? body : undefined }), config);
    for (const [name, value] of answer.headers) res.appendHeader(name, value);
    res.writeHead(answer.status);
    res.end(Buffer.from(await answer.arrayBuffer()));
  } catch (error) {
    json(500, { error: String(error) });
  }
});

// Connections stay open however long a busy machine pauses between two requests.
server.keepAliveTimeout = server.headersTimeout = server.requestTimeout = 0;

// The test's process holds the other end: when it dies, so does this server.
process.stdin.resume().on("end", () => process.exit());
server.listen(Number(env.PORT), "127.0.0.1", () => console.log("ready"));
