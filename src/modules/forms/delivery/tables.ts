import { integer, jsonb, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { gatehouse } from "#/kernel/db/schema";

const moment = () => timestamp({ withTimezone: true, mode: "date" });

/** Where the team wants messages sent as JSON, signed (Standard Webhooks). */
export const webhookEndpoints = gatehouse.table("webhook_endpoints", {
  id: uuid().primaryKey(),
  url: text().notNull(),
  /** Names of forms; empty: all of them. */
  forms: jsonb().$type<string[]>().notNull().default([]),
  events: jsonb().$type<string[]>().notNull(),
  /** Sealed, the newest first; two while a rotation goes on. */
  secrets: jsonb().$type<{ sealed: string; until?: string }[]>().notNull(),
  disabledAt: moment(),
  /** `by_hand`, `gone` (it answered 410) or `failing` (five days without success). */
  disabledWhy: text(),
  /** Since when nothing has arrived there. */
  failingSince: moment(),
  version: integer().notNull().default(0),
  createdAt: moment().notNull().defaultNow(),
  updatedAt: moment(),
});

/**
 * How it stands with one other side: all mail, HubSpot, the chat, one endpoint. No row: it is well.
 * `failing`: it did not answer lately, and is still tried. `closed`: left alone `until`. `probing`: one delivery finds
 * out. `draining`: it is back, and what waited goes before what is new.
 */
export const deliveryLanes = gatehouse.table("delivery_lanes", {
  lane: text().primaryKey(),
  state: text().$type<"failing" | "closed" | "probing" | "draining">().notNull(),
  /** In a row. */
  failures: integer().notNull().default(0),
  until: moment(),
  /** The delivery that finds out. */
  probe: uuid(),
  why: text(),
  since: moment().notNull().defaultNow(),
});
