import { DrizzleAdapter } from "@auth/drizzle-adapter";
import { drizzle } from "drizzle-orm/node-postgres";
import NextAuth from "next-auth";
import GitHub from "next-auth/providers/github";
import { hashSessionTokens } from "./hashed-tokens";
import { accounts, sessions, users, verificationTokens } from "./schema";

const db = drizzle(process.env.DATABASE_URL!);

// AUTH_SECRET, DATABASE_URL and the host are the Go service's too.
export const { handlers, auth, signIn, signOut } = NextAuth({
  adapter: hashSessionTokens(
    DrizzleAdapter(db, {
      usersTable: users,
      accountsTable: accounts,
      sessionsTable: sessions,
      verificationTokensTable: verificationTokens,
    }),
  ),
  session: { strategy: "database" },
  providers: [GitHub],
});
