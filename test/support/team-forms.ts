import { bearer, createPerson, signIn } from "./people";
import type { World } from "./world";

/** The code that lets a test's devs in: give it to the world as DEV_MASTER_OTP. */
export const masterCode = "914273";

export type Ask = Awaited<ReturnType<typeof askAs>>;

/** Calls of the team's API below `/api/v1/admin`, by somebody of this role who has just signed in. */
export async function askAs(world: Pick<World, "kernel" | "post" | "send">, role: "editor" | "dev") {
  const person = await createPerson(world, { role });
  const how = role === "dev" ? ({ scope: "dev", otp: masterCode } as const) : {};
  const headers = bearer(await signIn(world, person, how));
  return async (path: string, method = "GET", body?: unknown) => {
    const answer = await world.send(`/api/v1/admin${path}`, {
      method,
      headers: { ...headers, ...(body !== undefined && { "content-type": "application/json" }) },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text.startsWith("{") ? JSON.parse(text) : { text } };
  };
}

/** A form that asks for an address and some words. */
export const feedback = {
  slug: "feedback",
  title: { en: "Feedback", de: "Rückmeldung" },
  fields: [
    { name: "email", type: "email", label: { en: "E-mail" }, required: true },
    { name: "words", type: "longtext", label: { en: "Your words", de: "Ihre Worte" }, required: true },
    { name: "mood", type: "choice", label: { en: "Mood" }, options: ["good", "bad"] },
  ],
};
