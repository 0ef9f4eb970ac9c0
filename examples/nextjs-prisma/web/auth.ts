import { PrismaAdapter } from "@auth/prisma-adapter";
import { PrismaPg } from "@prisma/adapter-pg";
import NextAuth from "next-auth";
import GitHub from "next-auth/providers/github";
import { PrismaClient } from "./generated/client";
import { hashSessionTokens } from "./hashed-tokens";

const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL }) });

// AUTH_SECRET, DATABASE_URL and the host are the Go service's too.
export const { handlers, auth, signIn, signOut } = NextAuth({
  adapter: hashSessionTokens(PrismaAdapter(prisma)),
  session: { strategy: "database" },
  providers: [GitHub],
});
