// Prints the DDL that Prisma's schema engine makes of each schema of Auth.js, as JSON by the
// names of internal/layout/testdata. It is the engine that prisma of this version downloads,
// as an npm package has it: without MySQL. DATABASE_URL is a PostgreSQL server, of which the
// engine asks the version.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { PrismaLibSql } from "@prisma/adapter-libsql";
import { PrismaPg } from "@prisma/adapter-pg";
import { bindMigrationAwareSqlAdapterFactory } from "@prisma/driver-adapter-utils";
import * as engine from "@prisma/schema-engine-wasm/schema_engine_bg";
import { schemas } from "./schemas.mjs";

const require = createRequire(import.meta.url);
const code = require.resolve("@prisma/schema-engine-wasm/schema_engine_bg").replace(/\.js$/, ".wasm");
const downloaded = require("@prisma/engines-version").enginesVersion;
const version = JSON.parse(readFileSync(code.replace(/[^/]*$/, "package.json"), "utf8")).version;
if (!version.endsWith(downloaded)) throw new Error(`prisma is for the engine ${downloaded}, and the package is ${version}`);
const { instance } = await WebAssembly.instantiate(readFileSync(code), { "./schema_engine_bg.js": engine });
engine.__wbg_set_wasm(instance.exports);
instance.exports.__wbindgen_start();

const adapters = {
  sqlite: () => new PrismaLibSql({ url: ":memory:" }),
  postgresql: () => new PrismaPg({ connectionString: process.env.DATABASE_URL }),
};

async function made(provider, models) {
  const content = `datasource db {\n  provider = "${provider}"\n}\n\n${models}`;
  const at = await engine.SchemaEngine.new({ datamodels: [["schema.prisma", content]] }, () => {}, bindMigrationAwareSqlAdapterFactory(adapters[provider]()));
  const diff = await at.diff({
    from: { tag: "empty" },
    to: { tag: "schemaDatamodel", files: [{ path: "schema.prisma", content }] },
    script: true,
    exitCode: null,
    filters: { externalTables: [], externalEnums: [] },
  });
  return diff.stdout;
}

// onMySQL is what Prisma makes of a schema on MySQL, by the rules of its documentation, from
// what the engine makes of it on PostgreSQL: String is VARCHAR(191), DateTime DATETIME(3), a
// column that may be NULL says so, and the indexes stand in the table.
async function onMySQL(models) {
  const typed = models.replace(/^(\s+\w+ +String\b\??)(?!.*@db)/gm, "$1 @db.VarChar(191)");
  const sql = (await made("postgresql", typed))
    .replace(/-- CreateSchema\n.*;\n\n?/, "")
    .replaceAll('"', "`")
    .replaceAll("TIMESTAMP(3)", "DATETIME(3)")
    .replaceAll("CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP(3)")
    .replace(/^( {4}`\w+` (?:[A-Z]+)(?:\(\d+\))?)(,?)$/gm, "$1 NULL$2")
    .replace(/CONSTRAINT `\w+_pkey` PRIMARY KEY/g, "PRIMARY KEY");
  const indexes = {};
  const tables = sql.replace(/-- CreateIndex\nCREATE (UNIQUE INDEX|INDEX) (`\w+`) ON (`\w+`)(\(.*\));\n\n?/g, (_, kind, name, table, columns) => {
    (indexes[table] ??= []).push(`    ${kind} ${name}${columns}`);
    return "";
  });
  return tables.replace(/CREATE TABLE (`\w+`) \(\n([^]*?)\n\);/g, (_, table, body) => {
    const [columns, key] = body.split(",\n\n");
    const rest = [...(indexes[table] ?? []), ...(key ? [key.replace("`,`", "`, `")] : [])].join(",\n");
    return `CREATE TABLE ${table} (\n${columns}${rest && `,\n\n${rest}`}\n) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;`;
  });
}

const file = (name) => readFileSync(new URL(name, import.meta.url), "utf8").replace(/^(generator|datasource) [^]*?^}\n/gm, "");
const all = {
  ...schemas,
  "prisma.postgres": file("../../examples/nextjs-prisma/web/prisma/schema.prisma"),
  "prisma.sqlite": file("../prisma/sqlite.prisma"),
  "prisma.mysql": file("../prisma/mysql.prisma"),
};

const ddl = {};
for (const name of new Set(Object.keys(all).map((key) => key.split(".")[0]))) {
  const on = (database) => all[`${name}.${database}`] ?? all[name];
  ddl[`${name}.postgres`] = await made("postgresql", on("postgres"));
  ddl[`${name}.sqlite`] = await made("sqlite", on("sqlite").replaceAll(" @db.Text", ""));
  ddl[`${name}.mysql`] = await onMySQL(on("mysql"));
}
process.stdout.write(JSON.stringify(ddl));
process.exit();
