// The session check of programs for Node.js, driven by bench: rows.mjs NAME, with the
// database in DATABASE_URL. Each line of standard input is a round, {"workers", "tokens",
// "users"}: the tokens are looked up by that many workers at once, and each must give the
// user beside it. The answer is a line too, {"elapsed", "latencies"} in nanoseconds. The
// first line that it writes names the versions of what it runs.
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { DrizzleAdapter } from "@auth/drizzle-adapter";
import { PrismaAdapter } from "@auth/prisma-adapter";
import { PrismaPg } from "@prisma/adapter-pg";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { drizzle } from "drizzle-orm/node-postgres";
import pg from "pg";
import { accounts, sessions, users, verificationTokens } from "../../examples/nextjs-drizzle/web/schema";
import { PrismaClient } from "./node_modules/.bench/prisma/client";

const connections = 32; // as every program of the run may have
const config = { connectionString: process.env.DATABASE_URL, max: connections };

// What each is asked: prepare turns a token into what check takes, before the clock runs;
// check returns the id of the user whose session it is.
const rows = {
  pg() {
    const pool = new pg.Pool(config);
    const text = process.env.QUERY;
    const check = async (token) => (await pool.query({ name: "check", text, values: [token] })).rows[0]?.user_id;
    return { packages: ["pg"], check };
  },
  drizzle() {
    const tables = { usersTable: users, accountsTable: accounts, sessionsTable: sessions, verificationTokensTable: verificationTokens };
    const adapter = DrizzleAdapter(drizzle(new pg.Pool(config)), tables);
    return { packages: ["@auth/drizzle-adapter", "drizzle-orm", "pg"], check: async (token) => (await adapter.getSessionAndUser(token))?.user.id };
  },
  prisma() {
    const adapter = PrismaAdapter(new PrismaClient({ adapter: new PrismaPg(config) }));
    return { packages: ["@auth/prisma-adapter", "@prisma/client", "@prisma/adapter-pg"], check: async (token) => (await adapter.getSessionAndUser(token))?.user.id };
  },
  "better-auth"() {
    const secret = "a secret that is as long as better-auth wants it";
    const options = {
      baseURL: "http://localhost:3000",
      secret,
      database: new pg.Pool(config),
      emailAndPassword: { enabled: true },
      session: { expiresIn: 30 * 24 * 60 * 60, cookieCache: { enabled: false } },
      rateLimit: { enabled: false },
      telemetry: { enabled: false },
      logger: { disabled: true },
    };
    const auth = betterAuth(options);
    const prepare = (token) => {
      const signature = createHmac("sha256", secret).update(token).digest("base64");
      return new Headers({ cookie: "better-auth.session_token=" + encodeURIComponent(`${token}.${signature}`) });
    };
    const check = async (headers) => (await auth.api.getSession({ headers }))?.user.id;
    return { packages: ["better-auth", "pg"], prepare, check, migrate: async () => (await getMigrations(options)).runMigrations() };
  },
};

async function round(row, { workers, tokens, users }) {
  const asked = tokens.map(row.prepare ?? ((token) => token));
  const latencies = new Array(tokens.length);
  let next = 0;
  async function work() {
    while (next < asked.length) {
      const i = next++;
      const began = process.hrtime.bigint();
      const user = await row.check(asked[i]);
      latencies[i] = Number(process.hrtime.bigint() - began);
      if (user !== users[i]) throw new Error(`a session of ${users[i]} was taken for one of ${user}`);
    }
  }
  const began = process.hrtime.bigint();
  await Promise.all(Array.from({ length: workers }, work));
  return { elapsed: Number(process.hrtime.bigint() - began), latencies };
}

function version(name) {
  return `${name} ${JSON.parse(readFileSync(new URL(`../${name}/package.json`, import.meta.url), "utf8")).version}`;
}

const row = rows[process.argv[2]]();
if (process.argv[3] === "migrate") {
  await row.migrate();
  process.exit();
}
console.log(JSON.stringify({ versions: [`Node.js ${process.version.slice(1)}`, ...row.packages.map(version)] }));
for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = await round(row, JSON.parse(line));
  } catch (error) {
    answer = { error: String(error?.stack ?? error) };
  }
  console.log(JSON.stringify(answer));
}
process.exit();
