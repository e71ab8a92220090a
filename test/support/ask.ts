import { bearer, type Tokens } from "./people";
import type { World } from "./world";

type Method = "GET" | "POST" | "PATCH" | "DELETE";
type How = {
  /** Whose access token goes along. */
  as?: Pick<Tokens, "access_token">;
  body?: unknown;
  /** The client's address, where the world trusts this machine as a proxy. */
  from?: string;
  headers?: Record<string, string>;
};

/** An answer as tests of the portal look at it. `code` and `fields` are those of a refusal. */
export type Answer = {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the routes declare what they answer; a test says what it looks for
  body: any;
  code: string | undefined;
  fields: string[];
  headers: Headers;
};

/** Asks routes of the portal in JSON. */
export const asking =
  (world: Pick<World, "send">) =>
  async (method: Method, path: string, { as, body, from, headers }: How = {}): Promise<Answer> => {
    const answer = await world.send(`/api/v1/${path}`, {
      method,
      headers: {
        ...(as && bearer(as)),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(from !== undefined && { "x-forwarded-for": from }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const read = text === "" ? undefined : JSON.parse(text);
    const errors = (read?.errors ?? []) as { field: string }[];
    return {
      status: answer.status,
      body: read,
      code: answer.ok ? undefined : read?.code,
      fields: errors.map(({ field }) => field),
      headers: answer.headers,
    };
  };

/** Addresses of the documentation network, each another client. */
export const network = (n: number): string => `198.51.${100 + (n >> 8)}.${n & 255}`;
