CREATE TABLE "gatehouse"."deliveries" (
	"id" uuid PRIMARY KEY NOT NULL,
	"submission_id" uuid NOT NULL,
	"channel" text NOT NULL,
	"target" text NOT NULL,
	"state" text NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_at" timestamp with time zone,
	"remote_id" text,
	"last_error" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "gatehouse"."delivery_attempts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"delivery_id" uuid NOT NULL,
	"n" integer NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"took_ms" integer NOT NULL,
	"outcome" text NOT NULL,
	"status" integer,
	"summary" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gatehouse"."form_columns" (
	"form" text NOT NULL,
	"name" text NOT NULL,
	"first_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"first_seen_in" uuid NOT NULL,
	CONSTRAINT "form_columns_form_name_pk" PRIMARY KEY("form","name")
);
--> statement-breakpoint
CREATE TABLE "gatehouse"."submission_keys" (
	"form" text NOT NULL,
	"key" "bytea" NOT NULL,
	"content_hash" "bytea" NOT NULL,
	"submission_id" uuid NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "submission_keys_form_key_pk" PRIMARY KEY("form","key")
);
--> statement-breakpoint
CREATE TABLE "gatehouse"."submissions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"form" text NOT NULL,
	"door" text NOT NULL,
	"fields" jsonb NOT NULL,
	"language" text NOT NULL,
	"email_normalised" text,
	"subject" text,
	"reply_to" text,
	"client" text,
	"user_agent" text,
	"origin" text,
	"content_hash" "bytea" NOT NULL,
	"intake" jsonb,
	"state" text DEFAULT 'received' NOT NULL,
	"score" smallint,
	"reasons" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"handling" text DEFAULT 'new' NOT NULL,
	"judged_at" timestamp with time zone,
	"updated_at" timestamp with time zone
);
--> statement-breakpoint
CREATE UNIQUE INDEX "deliveries_submission_id_channel_target_index" ON "gatehouse"."deliveries" USING btree ("submission_id","channel","target");--> statement-breakpoint
CREATE INDEX "deliveries_channel_target_created_at_index" ON "gatehouse"."deliveries" USING btree ("channel","target","created_at");--> statement-breakpoint
CREATE INDEX "deliveries_open_index" ON "gatehouse"."deliveries" USING btree ("state","id") WHERE "gatehouse"."deliveries"."state" in ('dead', 'retrying', 'skipped');--> statement-breakpoint
CREATE UNIQUE INDEX "delivery_attempts_delivery_id_n_index" ON "gatehouse"."delivery_attempts" USING btree ("delivery_id","n");--> statement-breakpoint
CREATE INDEX "submission_keys_expires_at_index" ON "gatehouse"."submission_keys" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "submissions_form_state_id_index" ON "gatehouse"."submissions" USING btree ("form","state","id");--> statement-breakpoint
CREATE INDEX "submissions_email_normalised_index" ON "gatehouse"."submissions" USING btree ("email_normalised");--> statement-breakpoint
CREATE INDEX "submissions_received_index" ON "gatehouse"."submissions" USING btree ("id") WHERE "gatehouse"."submissions"."state" = 'received';