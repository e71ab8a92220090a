-- Counts of the rate limits, shared by several machines. Unlogged: a commit waits for no disk, a crash forgets them.
CREATE UNLOGGED TABLE "gatehouse"."rate_limits" (
	"key" varchar(255) PRIMARY KEY NOT NULL,
	"points" integer NOT NULL,
	"expire" bigint
);
