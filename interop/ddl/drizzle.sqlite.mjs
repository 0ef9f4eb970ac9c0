// The default tables of @auth/drizzle-adapter, which exports them to nobody.
import { defineTables } from "../node_modules/@auth/drizzle-adapter/lib/sqlite.js";

export const { usersTable, accountsTable, sessionsTable, verificationTokensTable, authenticatorsTable } = defineTables();
