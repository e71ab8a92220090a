import { describe, expect, test } from "bun:test";
import { markPrivate } from "#/kernel/http";
import { openContext } from "#/kernel/http/request-context";
import { mayReadMetrics } from "#/modules/ops/may-read-metrics";

const token = "bTq4vX9cM2nL7sJ5wR8yK1zD6fH3gP0a";
const bearer = { authorization: `Bearer ${token}` };

type Caller = {
  title: string;
  production?: boolean;
  token?: string;
  peer?: string | undefined;
  headers?: Record<string, string>;
  privately?: boolean;
};

/** 200, or the status and code of the refusal. */
function ask({ production = false, token, peer, headers = {}, privately = false }: Omit<Caller, "title">) {
  const request = new Request("http://localhost/metrics", { headers });
  if (privately) markPrivate(request);
  openContext(request, {
    isTrusted: () => true,
    peerOf: () => peer,
    untrustedSeen: () => {},
    waitAnew: () => {},
  });
  try {
    mayReadMetrics({ METRICS_TOKEN: token, production }, request);
    return [200];
  } catch (error) {
    const { status, code } = error as { status: number; code: string };
    return [status, code];
  }
}

describe("opens the metrics to", () => {
  const callers: Caller[] = [
    { title: "this machine", peer: "127.0.0.1" },
    { title: "this machine by IPv6", peer: "::1" },
    { title: "this machine, mapped", peer: "::ffff:127.0.0.1" },
    { title: "this machine though a token is set", peer: "127.0.0.1", token },
    { title: "the token from anywhere", peer: "203.0.113.7", token, headers: bearer },
    { title: "the token in production", peer: "203.0.113.7", token, headers: bearer, production: true },
    {
      title: "the token, spelled otherwise",
      peer: "203.0.113.7",
      token,
      headers: { authorization: `bearer  ${token}` },
      production: true,
    },
    { title: "the private socket in production", production: true, privately: true },
    { title: "the private socket though a token is set", production: true, privately: true, token },
  ];
  test.each(callers)("$title", (caller) => {
    expect(ask(caller)).toEqual([200]);
  });
});

describe("closes the metrics to", () => {
  const callers: (Caller & { refusal: [number, string] })[] = [
    {
      title: "everybody in production without a token",
      production: true,
      peer: "127.0.0.1",
      refusal: [403, "metrics_closed"],
    },
    {
      title: "some token in production without one",
      production: true,
      peer: "127.0.0.1",
      headers: bearer,
      refusal: [403, "metrics_closed"],
    },
    {
      title: "this machine in production",
      production: true,
      token,
      peer: "127.0.0.1",
      refusal: [401, "unauthorized"],
    },
    { title: "another machine", peer: "203.0.113.7", refusal: [403, "metrics_closed"] },
    {
      title: "another machine where a token is set",
      peer: "203.0.113.7",
      token,
      refusal: [401, "unauthorized"],
    },
    { title: "a caller of whom nobody knows the address", peer: undefined, refusal: [403, "metrics_closed"] },
    {
      title: "a proxy on this machine",
      peer: "127.0.0.1",
      headers: { "x-forwarded-for": "127.0.0.1" },
      refusal: [403, "metrics_closed"],
    },
    {
      title: "another token from this machine",
      peer: "127.0.0.1",
      token,
      headers: { authorization: `Bearer ${token}x` },
      refusal: [401, "unauthorized"],
    },
    {
      title: "a part of the token",
      peer: "127.0.0.1",
      token,
      headers: { authorization: `Bearer ${token.slice(1)}` },
      refusal: [401, "unauthorized"],
    },
    {
      title: "the token as a password",
      production: true,
      peer: "127.0.0.1",
      token,
      headers: { authorization: `Basic ${btoa(`:${token}`)}` },
      refusal: [401, "unauthorized"],
    },
  ];
  test.each(callers)("$title", ({ refusal, ...caller }) => {
    expect(ask(caller)).toEqual(refusal);
  });
});
