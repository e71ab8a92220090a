import { beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import type { CallResult } from "#/kernel/call-result";
import { type ChatMessage, noChat } from "#/kernel/chat";
import { compiledForms } from "#/modules/forms/catalogue/compiled-forms";
import type { FormDefinition } from "#/modules/forms/catalogue/form-definition";
import type { Attempt } from "#/modules/forms/delivery/channels/channel";
import { slack } from "#/modules/forms/delivery/channels/slack";
import { deliveries, submissions } from "#/modules/forms/tables";
import { contact } from "../support/sample-posts";
import { insertMessages } from "../support/stored-messages";
import { openWorld } from "../support/world";

setDefaultTimeout(30_000);
const world = await openWorld();
const posted: ChatMessage[] = [];
let answer: CallResult<Record<string, never>>;
beforeEach(() => {
  posted.length = 0;
  answer = { kind: "ok", value: {} };
  world.kernel.chat = {
    available: true,
    name: "team chat",
    post: async (message) => {
      posted.push(message);
      return answer;
    },
  };
});

const contactForm = compiledForms.get("contact")?.definition ?? expect.unreachable();
const named: FormDefinition = { ...contactForm, deliver: ["slack"] };
const message = async () => {
  const id = Bun.randomUUIDv7();
  await insertMessages(world.kernel, [{ id, fields: { name: "Ada", message: "<!channel> Hello" } }]);
  const [submission] = await world.kernel.db.select().from(submissions);
  return submission ?? expect.unreachable();
};
const attempt = async (form: FormDefinition): Promise<Attempt> => {
  const submission = await message();
  const [delivery] = await world.kernel.db
    .insert(deliveries)
    .values({
      id: Bun.randomUUIDv7(),
      submissionId: submission.id,
      channel: "slack",
      target: "team chat",
      state: "sending",
    })
    .returning();
  return { kernel: world.kernel, delivery: delivery!, submission, form, remember: async () => {} };
};

world.describe("the chat", () => {
  test("hears of forms that name it and of no other", async () => {
    const submission = await message();
    const planned = await slack.plan(world.kernel, world.kernel.db, [
      { submission, form: contactForm },
      { submission, form: named },
    ]);

    expect(planned).toEqual([{ submissionId: submission.id, target: "team chat", fate: "ready" }]);
  });

  test("that is not configured leaves a delivery that says that nobody was told", async () => {
    world.kernel.chat = noChat;
    const submission = await message();

    const planned = await slack.plan(world.kernel, world.kernel.db, [{ submission, form: named }]);

    expect(planned).toEqual([{ submissionId: submission.id, target: "", fate: "skipped" }]);
  });

  test("is told the form, the fields under their labels, and the number of the message", async () => {
    const one = await attempt(named);

    const sent = await slack.send(one);

    expect(sent).toEqual({ kind: "ok", value: { messageId: one.delivery.id } });
    expect(posted).toEqual([
      {
        title: "Contact: new message",
        facts: [
          ["Name", "Ada"],
          ["Message", "<!channel> Hello"],
          ["Number", one.submission.id],
        ],
      },
    ]);
  });

  test("that refuses is answered for as it says", async () => {
    answer = { kind: "retry", why: { code: "rate_limited", status: 429, text: "" }, after: 30_000 };

    expect(await slack.send(await attempt(named))).toEqual(answer);
  });

  test("is not told of a form of the catalogue, which names no chat", async () => {
    await world.post("/f/contact", contact);
    await world.settled();

    expect(posted).toEqual([]);
  });
});
