// The default tables of @auth/drizzle-adapter, which exports them to nobody.
import { defineTables } from "../node_modules/@auth/drizzle-adapter/lib/pg.js";

export const { usersTable, accountsTable, sessionsTable, verificationTokensTable, authenticatorsTable } = defineTables();
