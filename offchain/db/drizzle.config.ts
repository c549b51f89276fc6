import { defineConfig } from "drizzle-kit";

/** `npx drizzle-kit generate --config offchain/db/drizzle.config.ts --name WHAT` after every change of a schema. */
export default defineConfig({
  dialect: "sqlite",
  schema: "./offchain/db/schema/*.ts",
  out: "./offchain/db/migrations",
});
