-- The operator may have created the schema for us, with rights that suit the site.
DO $$ BEGIN
	IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'gatehouse') THEN
		CREATE SCHEMA "gatehouse";
	END IF;
END $$;
--> statement-breakpoint
CREATE TABLE "gatehouse"."migrations" (
	"name" text PRIMARY KEY NOT NULL,
	"hash" text NOT NULL,
	"breaking" boolean NOT NULL,
	"applied_at" timestamp with time zone DEFAULT now() NOT NULL
);
