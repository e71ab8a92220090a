import type { Role, Scope } from "#/modules/accounts/tables";
import { signInDirectly } from "./callers";
import type { World } from "./world";

/** Somebody of the team at work: calls the routes of the console with a token. */
export async function joinTeam(
  world: Pick<World, "kernel" | "send">,
  sketch: { role?: Role; scope?: Scope } = { role: "editor" },
) {
  const person = await signInDirectly(world, sketch);
  const headers = { authorization: `Bearer ${person.accessToken}` };
  const call = (path: string, init: RequestInit = {}) =>
    world.send(`/api/v1/admin${path}`, { ...init, headers: { ...headers, ...init.headers } });
  const withBody = (method: string) => (path: string, body: object) =>
    call(path, { method, body: JSON.stringify(body), headers: { "content-type": "application/json" } });
  return {
    person,
    call,
    post: withBody("POST"),
    patch: withBody("PATCH"),
    /** The body of an answer that must be 200. */
    async read<Body>(path: string): Promise<Body> {
      const answer = await call(path);
      if (answer.status !== 200) throw new Error(`${path} answers ${answer.status}: ${await answer.text()}`);
      return (await answer.json()) as Body;
    },
  };
}
export type Member = Awaited<ReturnType<typeof joinTeam>>;
