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
ALTER TABLE "gatehouse"."alerts" ADD COLUMN "title" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "gatehouse"."alerts" ADD COLUMN "text" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "gatehouse"."alerts" ADD COLUMN "not_by" text;--> statement-breakpoint
ALTER TABLE "gatehouse"."deliveries" ADD COLUMN "restarted_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "gatehouse"."deliveries" ADD COLUMN "turn" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "gatehouse"."deliveries" ADD COLUMN "waits_for" text;--> statement-breakpoint
CREATE INDEX "deliveries_channel_target_id_index" ON "gatehouse"."deliveries" USING btree ("channel","target","id");--> statement-breakpoint
CREATE INDEX "deliveries_waits_index" ON "gatehouse"."deliveries" USING btree ("waits_for","id") WHERE "gatehouse"."deliveries"."waits_for" is not null;--> statement-breakpoint
CREATE INDEX "submissions_staged_index" ON "gatehouse"."submissions" USING btree ("id") WHERE "gatehouse"."submissions"."kind" <> 'real';