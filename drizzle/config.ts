import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "postgresql",
  casing: "snake_case",
  schema: ["./src/kernel/db/schema.ts", "./src/kernel/**/tables.ts", "./src/modules/**/tables.ts"],
  out: "./drizzle",
  schemaFilter: ["gatehouse"],
});
