-- Create "totps" table
CREATE TABLE "totps" ("id" text NOT NULL, "secret" text NOT NULL, "last_step" bigint NOT NULL, "confirmed_at" timestamptz(3) NOT NULL, "user_id" bigint NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "totps_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "people" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "totps_user_id_key" to table: "totps"
CREATE UNIQUE INDEX "totps_user_id_key" ON "totps" ("user_id");
