import { expect, test } from "bun:test";
import { nextMidnight } from "#/integrations/hubspot-midnight";

test.each([
  ["UTC", "2026-11-21T09:30:00.000Z", "2026-11-22T00:00:00.000Z"],
  ["UTC", "2026-11-21T00:00:00.000Z", "2026-11-22T00:00:00.000Z"],
  ["Europe/Berlin", "2026-11-21T22:59:59.500Z", "2026-11-21T23:00:00.000Z"],
  ["America/New_York", "2026-11-21T09:30:00.000Z", "2026-11-22T05:00:00.000Z"],
  ["Asia/Kathmandu", "2026-11-21T09:30:00.000Z", "2026-11-21T18:15:00.000Z"],
  // The day on which the clocks go back has 25 hours.
  ["Europe/Berlin", "2026-10-24T22:00:00.000Z", "2026-10-25T23:00:00.000Z"],
  // In Cairo they go forward at midnight: the day begins at one.
  ["Africa/Cairo", "2026-04-23T12:00:00.000Z", "2026-04-23T22:00:00.000Z"],
])("in %s, after %s the day ends at %s", (timeZone, after, midnight) => {
  expect(nextMidnight(timeZone, new Date(after)).toISOString()).toBe(midnight);
});
