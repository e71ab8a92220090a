CREATE TABLE "gatehouse"."audit_chain" (
	"singleton" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"anchor_seq" bigint NOT NULL,
	"anchor_hash" "bytea" NOT NULL,
	"head_seq" bigint NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"verified_at" timestamp with time zone,
	CONSTRAINT "audit_chain_one_row" CHECK ("gatehouse"."audit_chain"."singleton")
);
--> statement-breakpoint
CREATE INDEX "audit_events_request_id_id_index" ON "gatehouse"."audit_events" USING btree ("request_id","id");--> statement-breakpoint
CREATE INDEX "audit_events_refused_index" ON "gatehouse"."audit_events" USING btree ("id") WHERE "gatehouse"."audit_events"."outcome" = 'refused';--> statement-breakpoint
-- An event is written once. Sealing gives it its place in the chain, once.
CREATE FUNCTION "gatehouse"."guard_audit_update"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	unsealed "gatehouse"."audit_events" := new;
BEGIN
	unsealed.seq := NULL;
	unsealed.hash := NULL;
	IF new.seq IS NULL OR new.hash IS NULL OR unsealed IS DISTINCT FROM old THEN
		RAISE EXCEPTION 'An audit event cannot be changed' USING ERRCODE = 'restrict_violation';
	END IF;
	RETURN new;
END $$;
--> statement-breakpoint
-- Whoever removes old events says in this transaction up to when; what is younger than a month stays whatever is said.
CREATE FUNCTION "gatehouse"."guard_audit_delete"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	kept_from timestamptz := nullif(current_setting('gatehouse.audit_kept_from', true), '');
BEGIN
	IF kept_from IS NULL OR old.seq IS NULL OR old.at >= least(kept_from, now() - interval '1 month') THEN
		RAISE EXCEPTION 'An audit event cannot be deleted before its time' USING ERRCODE = 'restrict_violation';
	END IF;
	RETURN old;
END $$;
--> statement-breakpoint
CREATE FUNCTION "gatehouse"."guard_audit"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'The audit cannot be changed' USING ERRCODE = 'restrict_violation';
END $$;
--> statement-breakpoint
CREATE TRIGGER "guard_update" BEFORE UPDATE ON "gatehouse"."audit_events" FOR EACH ROW EXECUTE FUNCTION "gatehouse"."guard_audit_update"();--> statement-breakpoint
CREATE TRIGGER "guard_delete" BEFORE DELETE ON "gatehouse"."audit_events" FOR EACH ROW EXECUTE FUNCTION "gatehouse"."guard_audit_delete"();--> statement-breakpoint
CREATE TRIGGER "guard_truncate" BEFORE TRUNCATE ON "gatehouse"."audit_events" FOR EACH STATEMENT EXECUTE FUNCTION "gatehouse"."guard_audit"();--> statement-breakpoint
-- Details may be erased, never rewritten.
CREATE TRIGGER "guard_update" BEFORE UPDATE ON "gatehouse"."audit_details" FOR EACH STATEMENT EXECUTE FUNCTION "gatehouse"."guard_audit"();
