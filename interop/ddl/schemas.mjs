// The Prisma schemas of Auth.js: of its documentation for version 5 and for next-auth 4,
// and of the adapter's own tests. They differ in what is asked of models.
const snakeCase = (name) => name.replace(/[A-Z]/g, (letter) => "_" + letter.toLowerCase());

// models writes a schema. In has: ids are those of accounts and sessions, required says
// that users have an address, times are createdAt and updatedAt, snake stands for names by
// @map, whose last table is called tokens, unique for a token that is @unique by itself,
// text for tokens of accounts as @db.Text, passkeys for Authenticator, extra for what the
// text for MySQL has besides.
function models(has, tokens) {
  const map = (name) => (has.snake && snakeCase(name) !== name ? ` @map("${snakeCase(name)}")` : "");
  const lines = (...all) => all.flat().filter(Boolean).map((line) => `  ${line}\n`).join("");
  const model = (name, table, ...all) => `model ${name} {\n${lines(...all, has.snake && `@@map("${table}")`)}}\n`;
  const id = has.ids && "id String @id @default(cuid())";
  const times = has.times ? ["createdAt DateTime @default(now())", "updatedAt DateTime @updatedAt"] : [];
  const secret = (name) => `${name} String?${has.text ? " @db.Text" : ""}`;
  const unique = has.ids ? "@@unique" : "@@id";
  const owner = [`userId String${map("userId")}`, "user User @relation(fields: [userId], references: [id], onDelete: Cascade)"];
  return [
    model("User", "users", "id String @id @default(cuid())", "name String?", has.extra && "username String? @unique",
      `email String${has.required ? "" : "?"} @unique`, `emailVerified DateTime?${map("emailVerified")}`, "image String?",
      "accounts Account[]", "sessions Session[]", has.passkeys && "authenticators Authenticator[]", times),
    model("Account", "accounts", id, owner, "type String", "provider String", `providerAccountId String${map("providerAccountId")}`,
      secret("refresh_token"), secret("access_token"), "expires_at Int?", "token_type String?", "scope String?", secret("id_token"),
      "session_state String?", has.extra && "refresh_token_expires_in Int?", times, `${unique}([provider, providerAccountId])`,
      has.extra && "@@index([userId])"),
    model("Session", "sessions", id, `sessionToken String @unique${map("sessionToken")}`, owner, "expires DateTime", times,
      has.extra && "@@index([userId])"),
    model("VerificationToken", tokens, "identifier String", `token String${has.unique ? " @unique" : ""}`, "expires DateTime",
      `${unique}([identifier, token])`),
    has.passkeys && model("Authenticator", "authenticators", "credentialID String @unique", owner, "providerAccountId String",
      "credentialPublicKey String", "counter Int", "credentialDeviceType String", "credentialBackedUp Boolean", "transports String?",
      "@@id([userId, credentialID])"),
  ].filter(Boolean).join("\n");
}

// schemas are the models by the names of internal/layout/testdata. Where the documentation
// has a text for each database, "name.database" is that one.
export const schemas = {
  prismav5: models({ required: true, times: true, passkeys: true }),
  prismav5ids: models({ ids: true, times: true, passkeys: true }),
  // Here the documentation has userId @unique, with which nobody could link a second
  // account, and no onDelete.
  "prismav5ids.mysql": models({ ids: true, times: true, passkeys: true, extra: true, text: true }),
  prismav5snake: models({ ids: true, snake: true, text: true }, "verification_tokens"),
  prismav4: models({ ids: true, unique: true, text: true }),
  prismav4snake: models({ ids: true, unique: true, snake: true, text: true }, "verificationtokens"),
  prismaadapter: models({ required: true, unique: true, passkeys: true }),
};
