import { PrismaAdapter } from "@next-auth/prisma-adapter";
import { PrismaPg } from "@prisma/adapter-pg";
import type { NextAuthOptions } from "next-auth";
import GitHub from "next-auth/providers/github";
import { PrismaClient } from "./generated/client";
import { hashSessionTokens } from "./hashed-tokens";

const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL }) });

// NEXTAUTH_SECRET, DATABASE_URL and the host are the Go service's too.
export const authOptions: NextAuthOptions = {
  adapter: hashSessionTokens(PrismaAdapter(prisma)),
  session: { strategy: "database" },
  providers: [GitHub({ clientId: process.env.GITHUB_ID!, clientSecret: process.env.GITHUB_SECRET! })],
};
