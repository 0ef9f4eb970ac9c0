// Makes, in node_modules/.authent, what the tests run: Prisma's clients, the
// Auth.js server, and the page with next-auth's browser client. Run by make deps.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { build } from "esbuild";

const out = resolve("node_modules/.authent");
mkdirSync(out, { recursive: true });

// Prisma's generator asks for a schema engine, which it then does not use; the
// real one is a download from Prisma's own server.
const engine = resolve(out, "schema-engine");
writeFileSync(engine, "#!/bin/sh\nexit 0\n");
chmodSync(engine, 0o755);

function prisma(schema) {
  const done = spawnSync("node_modules/.bin/prisma", ["generate", "--schema", schema], {
    env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: engine, CHECKPOINT_DISABLE: "1", PRISMA_HIDE_UPDATE_MESSAGE: "1" },
    encoding: "utf8",
  });
  if (done.status !== 0) {
    console.error(done.stdout, done.stderr);
    process.exit(1);
  }
}

prisma("../examples/nextjs-prisma/web/prisma/schema.prisma");
prisma("prisma/sqlite.prisma");
prisma("prisma/mysql.prisma");

await build({
  entryPoints: ["authjs.ts"],
  outfile: resolve(out, "authjs.mjs"),
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
});
// The page is the same with the browser client of next-auth 4, which knows no passkeys.
for (const [page, name, alias] of [
  ["client.tsx", "client.js", {}],
  ["client.tsx", "client4.js", { "next-auth/react": "next-auth-v4/react" }],
  ["passkey.tsx", "passkey.js", {}],
]) {
  await build({
    entryPoints: [page],
    outfile: resolve(out, name),
    alias,
    bundle: true,
    format: "iife",
    jsx: "automatic",
    nodePaths: [resolve("node_modules")],
    define: { "process.env.NODE_ENV": '"production"', "process.env": "{}" },
  });
}
