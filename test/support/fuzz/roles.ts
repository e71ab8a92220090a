import { accessOf, type Caller, type Cell } from "../access";
import type { Stage } from "../live-calls";
import { bearer, type Person, signIn } from "../people";
import type { Case } from "./cases";
import type { Answer } from "./exchange";
import type { Operation } from "./operations";

export const fuzzCallers = ["anonymous", "owner", "editor", "devAsUser", "dev"] as const satisfies Caller[];
export type FuzzCaller = (typeof fuzzCallers)[number];
type Header = readonly [name: string, value: string];
const denials = new Set([
  "email_not_verified",
  "editor_role_required",
  "dev_role_required",
  "dev_scope_required",
]);

/** Somebody of each role, signed in when first needed, and again where a call ended the session. */
export function openCallers(stage: Stage) {
  const people = new Map<FuzzCaller, Person>();
  const tokens = new Map<FuzzCaller, Header>();
  const post = (path: string, body: object) =>
    stage.send(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const enter = async (caller: Exclude<FuzzCaller, "anonymous">): Promise<Header> => {
    const role = caller === "owner" ? "user" : caller === "editor" ? "editor" : "dev";
    const person = people.get(caller) ?? (await stage.person(role));
    people.set(caller, person);
    const how = caller === "dev" ? ({ scope: "dev", otp: "000000" } as const) : {};
    return ["authorization", bearer(await signIn({ post }, person, how)).authorization];
  };
  return {
    async headersOf(caller: FuzzCaller, anew = false): Promise<Header[]> {
      if (caller === "anonymous") return [];
      const token = (anew ? undefined : tokens.get(caller)) ?? (await enter(caller));
      tokens.set(caller, token);
      return [token];
    },
  };
}

/** The same case as it must be answered to this caller. */
export function expectedOf(operation: Operation, one: Case, caller: FuzzCaller): Case {
  const cell = cellOf(operation, caller);
  if (cell === undefined || one.headers.some(([name]) => name === "authorization"))
    return { ...one, expected: undefined };
  if (isDenial(cell)) {
    // No route may take a target that is broken, and a token may come in the body: then other reasons come first.
    const isFirst =
      one.kind !== "hostile target" && operation.security.every((way) => Object.keys(way).length > 0);
    const status = cell === "signed_out" && !operation.path.startsWith("/v1/") ? 401 : 403;
    return { ...one, expected: isFirst ? status : "refused" };
  }
  const isJson = one.headers.some(([name, value]) => name === "content-type" && value === "application/json");
  const takesJson = Object.keys(operation.body).length === 0 || "application/json" in operation.body;
  if (one.body && isJson && !takesJson) return { ...one, expected: 415 };
  // What is not the form of a visitor depends on what is stored, links included, and some bodies may be missing.
  const isFree =
    operation.tags.includes("forms") &&
    !operation.path.includes("{token}") &&
    accessOf(operation.method, operation.path)?.anonymous === "yes";
  const depends = one.expected === "taken" || (one.expected === "refused" && !one.body);
  return isFree || !depends ? one : { ...one, expected: undefined };
}

/** What is wrong with how a caller was let in or kept out. */
export function faultsOfAccess(operation: Operation, caller: FuzzCaller, { status, text }: Answer): string[] {
  const cell = cellOf(operation, caller);
  if (cell === undefined || isDenial(cell) || status !== 403 || !text.startsWith("{")) return [];
  const { code = "" } = JSON.parse(text) as { code?: string };
  return denials.has(code) ? [`refuses ${caller} with ${code}`] : [];
}

export const mayCall = (operation: Operation, caller: FuzzCaller): boolean => {
  const cell = cellOf(operation, caller);
  return cell !== undefined && !isDenial(cell);
};

const cellOf = ({ method, path }: Operation, caller: FuzzCaller): Cell | undefined =>
  accessOf(method, path)?.[caller];

const isDenial = (cell: Cell) => cell !== "yes" && cell !== "own";
