// Makes, in node_modules/.bench, what bench runs of the other programs: Prisma's client and
// rows.mjs with it in one file.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { build } from "esbuild";

const out = resolve("node_modules/.bench");
mkdirSync(out, { recursive: true });

// Prisma's generator asks for a schema engine, which it then does not use; the real one is
// a download from Prisma's own server.
const engine = resolve(out, "schema-engine");
writeFileSync(engine, "#!/bin/sh\nexit 0\n");
chmodSync(engine, 0o755);

// The schema is that of the example application.
const schema = readFileSync("../../examples/nextjs-prisma/web/prisma/schema.prisma", "utf8");
writeFileSync(resolve(out, "schema.prisma"), schema.replace('"../generated"', '"./prisma"'));
const done = spawnSync("node_modules/.bin/prisma", ["generate", "--schema", resolve(out, "schema.prisma")], {
  env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: engine, CHECKPOINT_DISABLE: "1", PRISMA_HIDE_UPDATE_MESSAGE: "1" },
  encoding: "utf8",
});
if (done.status !== 0) {
  console.error(done.stdout, done.stderr);
  process.exit(1);
}

await build({
  entryPoints: ["rows.mjs"],
  outfile: resolve(out, "rows.mjs"),
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  nodePaths: [resolve("node_modules")],
  packages: "external",
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
});
