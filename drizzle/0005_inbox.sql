CREATE TABLE "gatehouse"."submission_notes" (
	"id" uuid PRIMARY KEY NOT NULL,
	"submission_id" uuid NOT NULL,
	"author_id" integer,
	"text" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "gatehouse"."submissions" ADD COLUMN "version" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "submission_notes_submission_id_id_index" ON "gatehouse"."submission_notes" USING btree ("submission_id","id");--> statement-breakpoint
CREATE INDEX "users_imported_hash_index" ON "gatehouse"."users" USING btree ("id") WHERE "gatehouse"."users"."password_hash" like '$2%' or ("gatehouse"."users"."password_hash" like '$argon2%' and "gatehouse"."users"."password_hash" not like '$argon2id$v=19$m=19456,t=2,p=1$%');--> statement-breakpoint
ALTER TABLE "gatehouse"."submission_notes" ADD CONSTRAINT "submission_notes_author_id_users_id_fk" FOREIGN KEY ("author_id") REFERENCES "gatehouse"."users"("id") ON DELETE set null ON UPDATE no action;
