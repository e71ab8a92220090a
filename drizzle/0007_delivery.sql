CREATE TABLE "gatehouse"."alerts" (
	"cause" text PRIMARY KEY NOT NULL,
	"count" integer DEFAULT 1 NOT NULL,
	"title" text DEFAULT '' NOT NULL,
	"text" text DEFAULT '' NOT NULL,
	"not_by" text,
	"first_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_at" timestamp with time zone DEFAULT now() NOT NULL,
	"sent_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "gatehouse"."suppressions" (
	"address_hash" "bytea" PRIMARY KEY NOT NULL,
	"reason" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gatehouse"."form_versions" (
	"form" text NOT NULL,
	"version" integer NOT NULL,
	"definition" jsonb NOT NULL,
	"made_by" integer,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "form_versions_form_version_pk" PRIMARY KEY("form","version")
);
--> statement-breakpoint
CREATE TABLE "gatehouse"."forms" (
	"slug" text PRIMARY KEY NOT NULL,
	"built_in" boolean NOT NULL,
	"current_version" integer NOT NULL,
	"deleted_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gatehouse"."delivery_lanes" (
	"lane" text PRIMARY KEY NOT NULL,
	"state" text NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"until" timestamp with time zone,
	"probe" uuid,
	"why" text,
	"since" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gatehouse"."webhook_endpoints" (
	"id" uuid PRIMARY KEY NOT NULL,
	"url" text NOT NULL,
	"forms" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"events" jsonb NOT NULL,
	"secrets" jsonb NOT NULL,
	"disabled_at" timestamp with time zone,
	"disabled_why" text,
	"failing_since" timestamp with time zone,
	"version" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "gatehouse"."opt_ins" (
	"token_hash" "bytea" PRIMARY KEY NOT NULL,
	"submission_id" uuid NOT NULL,
	"email_normalised" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"confirmed_at" timestamp with time zone,
	"declined_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gatehouse"."spam_lessons" (
	"submission_id" uuid PRIMARY KEY NOT NULL,
	"label" text NOT NULL,
	"predicted" integer,
	"tokens" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gatehouse"."spam_rules" (
	"id" uuid PRIMARY KEY NOT NULL,
	"position" integer NOT NULL,
	"definition" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gatehouse"."spam_tokens" (
	"token" bigint PRIMARY KEY NOT NULL,
	"spam" integer DEFAULT 0 NOT NULL,
	"ham" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gatehouse"."spent_tokens" (
	"token_hash" "bytea" PRIMARY KEY NOT NULL,
	"uses" integer DEFAULT 1 NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gatehouse"."waitlist_entries" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" bigint GENERATED ALWAYS AS IDENTITY (sequence name "gatehouse"."waitlist_entries_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"submission_id" uuid NOT NULL,
	"email_normalised" text NOT NULL,
	"state" text NOT NULL,
	"credited" integer DEFAULT 0 NOT NULL,
	"rank_key" bigint DEFAULT 0 NOT NULL,
	"referral_token" text NOT NULL,
	"referred_by" uuid,
	"status_token_hash" "bytea",
	"confirmed_at" timestamp with time zone,
	"invited_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "waitlist_entries_emailNormalised_unique" UNIQUE("email_normalised"),
	CONSTRAINT "waitlist_entries_referralToken_unique" UNIQUE("referral_token"),
	CONSTRAINT "waitlist_entries_statusTokenHash_unique" UNIQUE("status_token_hash")
);
--> statement-breakpoint
ALTER TABLE "gatehouse"."deliveries" ADD COLUMN "restarted_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "gatehouse"."deliveries" ADD COLUMN "turn" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "gatehouse"."deliveries" ADD COLUMN "waits_for" text;--> statement-breakpoint
ALTER TABLE "gatehouse"."deliveries" ADD COLUMN "steps" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "gatehouse"."submissions" ADD COLUMN "form_version" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "gatehouse"."submissions" ADD COLUMN "kind" text DEFAULT 'real' NOT NULL;--> statement-breakpoint
CREATE INDEX "opt_ins_email_normalised_index" ON "gatehouse"."opt_ins" USING btree ("email_normalised");--> statement-breakpoint
CREATE INDEX "opt_ins_submission_id_index" ON "gatehouse"."opt_ins" USING btree ("submission_id");--> statement-breakpoint
CREATE INDEX "waitlist_entries_state_rank_key_seq_index" ON "gatehouse"."waitlist_entries" USING btree ("state","rank_key","seq");--> statement-breakpoint
CREATE INDEX "waitlist_entries_referred_index" ON "gatehouse"."waitlist_entries" USING btree ("referred_by") WHERE "gatehouse"."waitlist_entries"."referred_by" is not null;--> statement-breakpoint
CREATE INDEX "deliveries_channel_target_id_index" ON "gatehouse"."deliveries" USING btree ("channel","target","id");--> statement-breakpoint
CREATE INDEX "deliveries_waits_index" ON "gatehouse"."deliveries" USING btree ("waits_for","id") WHERE "gatehouse"."deliveries"."waits_for" is not null;--> statement-breakpoint
CREATE INDEX "submissions_probe_index" ON "gatehouse"."submissions" USING btree ("id") WHERE "gatehouse"."submissions"."kind" <> 'real';--> statement-breakpoint
CREATE INDEX "submissions_content_index" ON "gatehouse"."submissions" USING btree ("content_hash","judged_at") WHERE "gatehouse"."submissions"."judged_at" is not null;--> statement-breakpoint
CREATE INDEX "submissions_replied_index" ON "gatehouse"."submissions" USING btree ("email_normalised") WHERE "gatehouse"."submissions"."handling" = 'replied';