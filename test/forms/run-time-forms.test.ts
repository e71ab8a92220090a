import { beforeEach, expect, test } from "bun:test";
import { type Encoding, encodings } from "../support/encode-post";
import { type Ask, askAs, feedback, masterCode } from "../support/team-forms";
import { browser, openWorld } from "../support/world";

const world = await openWorld({ env: { DEV_MASTER_OTP: masterCode, PUBLIC_URL: "https://forms.example" } });
const { describe } = world;
const filled = { email: "ada@example.com", words: "All was well", mood: "good" };

let dev: Ask;
let editor: Ask;
beforeEach(async () => {
  if (!world.kernel) return;
  dev = await askAs(world, "dev");
  editor = await askAs(world, "editor");
});

const add = (more: object = {}) => dev("/forms", "POST", { ...feedback, ...more });
const asPerson = { encoding: "urlencoded" as Encoding, headers: browser };
const rows = async (table: string) => (await world.traces()).tables[table] ?? [];
const codes = (body: { errors?: { field: string; code: string }[] }) =>
  (body.errors ?? []).map(({ field, code }) => `${field} ${code}`);

describe("a form that the team adds", () => {
  test("is read as it was written, with its defaults, and is in the list for editors", async () => {
    const made = await add({ allowed_origins: ["https://www.example.com"], next: "https://example.com/ü" });

    const read = await editor("/forms/feedback");
    const { body: list } = await editor("/forms?limit=200");
    expect([made.status, read.status]).toEqual([201, 200]);
    expect(read.body).toEqual(made.body);
    expect(made.body).toMatchObject({
      ...feedback,
      built_in: false,
      version: 1,
      deleted_at: null,
      doors: ["/f/feedback"],
      unlisted: "keep",
      open: true,
      allowed_origins: ["https://www.example.com"],
      next: "https://example.com/%C3%BC",
    });
    expect(list.items.map(({ slug }: { slug: string }) => slug).at(-1)).toBe("feedback");
    expect(list.next).toBeNull();
  });

  test.each([...encodings])(
    "takes a message as %s, which the inbox shows and the team is mailed",
    async (encoding) => {
      await add({ notify: ["feedback@example.com"] });

      const answer = await world.post("/f/feedback", filled, { encoding });
      await world.settled();

      const { body } = await editor("/submissions?form=feedback");
      expect([answer.status, ((await answer.json()) as { status: string }).status]).toEqual([200, "ok"]);
      expect(body.items).toMatchObject([{ form: "feedback", state: "inbox", fields: filled }]);
      expect((await rows("submissions"))[0]).toMatchObject({ form_version: 1 });
      expect(world.mails.map(({ envelope }) => envelope.to)).toEqual([["feedback@example.com"]]);
      expect(world.mails[0]?.text).toContain("Your words:");
    },
  );

  test("is a page, shows a mistake with what was typed, and thanks in the visitor's language", async () => {
    await add();

    const page = await (await world.send("/f/feedback", { headers: browser })).text();
    const mistake = await world.post("/f/feedback", { ...filled, email: "ada" }, asPerson);
    const thanked = await world.post("/f/feedback", { ...filled, _language: "de" }, asPerson);

    expect(page).toContain('name="words"');
    expect([mistake.status, await mistake.text()]).toEqual([400, expect.stringContaining("All was well")]);
    expect([thanked.status, thanked.headers.get("location")]).toEqual([303, "/f/feedback/thanks?lang=de"]);
    expect((await world.send("/f/feedback/thanks?lang=de", { headers: browser })).status).toBe(200);
  });

  test("writes its confirmation to the visitor where it asks for that", async () => {
    await add({
      deliver: ["visitor_email"],
      confirmation: { subject: { en: "Thanks" }, text: { en: "We read it." } },
    });

    await world.post("/f/feedback", filled);
    await world.settled();

    const toVisitor = world.mails.filter(({ envelope }) => envelope.to.includes("ada@example.com"));
    expect(toVisitor.map(({ text }) => text.trim())).toEqual(["We read it."]);
  });

  test("lets its own origins in, with CORS on every status and on the preflight, and no other", async () => {
    await add({ allowed_origins: ["https://*.customer.example"] });
    const from = (origin: string) => ({ headers: { origin } });
    const allowedBy = (answer: Response) => answer.headers.get("access-control-allow-origin");
    const listed = "https://www.customer.example";

    const answers = [
      await world.post("/f/feedback", filled, from(listed)),
      await world.post("/f/feedback", { words: "no address" }, from(listed)),
      await world.post("/f/feedback", filled, from("https://elsewhere.example")),
      await world.post(
        "/f/contact",
        { name: "Ada", email: "a@example.com", message: "m" },
        from("https://any.example"),
      ),
    ];
    const preflight = (origin: string) =>
      world.send("/f/feedback", {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "POST" },
      });

    expect(answers.map(({ status }) => status)).toEqual([200, 400, 403, 200]);
    expect(answers.map(allowedBy)).toEqual([listed, listed, null, "*"]);
    const asked = [await preflight(listed), await preflight("https://elsewhere.example")];
    expect(asked.map(({ status }) => status)).toEqual([204, 403]);
    expect(asked.map(allowedBy)).toEqual([listed, null]);
    await dev("/forms/feedback", "DELETE");
    const gone = await world.post("/f/feedback", filled, from(listed));
    expect([gone.status, allowedBy(gone)]).toEqual([410, listed]);
  });

  test("closes by its setting and at its hour, and is gone when it is deleted, in the caller's voice", async () => {
    await add({ closes_at: "2020-01-31T18:00:00Z" });

    const closed = await world.post("/f/feedback", filled);
    expect([closed.status, await closed.json()]).toEqual([
      403,
      expect.objectContaining({ code: "form_closed" }),
    ]);
    await dev("/forms/feedback", "PATCH", { version: 1, closes_at: null, open: false });
    const shut = await world.post("/f/feedback", filled, asPerson);
    expect([shut.status, shut.headers.get("content-type")]).toEqual([403, "text/html; charset=utf-8"]);
    await dev("/forms/feedback", "PATCH", { version: 2, open: null });
    expect((await world.post("/f/feedback", filled)).status).toBe(200);
    await world.settled();

    expect((await dev("/forms/feedback", "DELETE")).status).toBe(204);
    const gone = await world.post("/f/feedback", filled);
    expect([gone.status, await gone.json()]).toEqual([410, expect.objectContaining({ code: "form_gone" })]);
    const page = await world.post("/f/feedback", filled, {
      ...asPerson,
      headers: { ...browser, "accept-language": "de" },
    });
    expect([page.status, await page.text()]).toEqual([410, expect.stringContaining('lang="de"')]);
    expect((await world.post("/f/nowhere", filled)).status).toBe(404);
    expect((await editor("/forms/feedback")).body.deleted_at).not.toBeNull();
    expect((await editor("/submissions?form=feedback")).body.items).toHaveLength(1);
    expect((await editor("/submissions")).body.items).toHaveLength(1);
    const again = await Promise.all([add(), dev("/forms/feedback", "DELETE")]);
    expect(again.map(({ status, body }) => [status, body.code])).toEqual([
      [409, "slug_taken"],
      [410, "form_gone"],
    ]);
  });

  test("is added once by twenty at one time", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => add()));

    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array(19).fill(409)]);
    expect(answers.flatMap(({ body }) => body.code ?? [])).toEqual(Array(19).fill("slug_taken"));
    expect(await rows("form_versions")).toHaveLength(1);
    expect((await rows("audit_events")).filter(({ event }) => event === "form.created")).toHaveLength(1);
  });
});

describe("a change of a form", () => {
  const second = [
    { name: "email", type: "email", label: { en: "Address" } },
    { name: "stars", type: "integer", label: { en: "Stars" }, min: 1, max: 5, required: true },
  ];

  test("leaves earlier messages as they were checked: in list, export and mails", async () => {
    await add();
    const first = await world.post("/f/feedback", { ...filled, extra: "unasked" });
    expect(first.status).toBe(200);
    await world.settled();
    const { body } = await dev("/forms/feedback", "PATCH", { version: 1, fields: second });
    expect([body.version, body.fields]).toEqual([2, second]);
    await world.post("/f/feedback", { email: "bob@example.com", stars: "5" });
    await world.settled();

    const { items } = (await editor("/submissions?form=feedback")).body;
    expect(items.map(({ fields }: { fields: object }) => fields)).toEqual([
      { email: "bob@example.com", stars: 5 },
      { ...filled, extra: "unasked" },
    ]);
    const { text } = (await editor("/submissions/export?form=feedback")).body;
    expect(text.split("\r\n")[0]).toBe("id,form,received_at,state,handling,email,words,mood,extra,stars");
    expect((await rows("submissions")).map(({ form_version }) => form_version).toSorted()).toEqual([1, 2]);
    // The verdict is corrected twice, so the first message is mailed once more after the change.
    const [, { id, version }] = items;
    await dev(`/submissions/${id}/verdict`, "PUT", { state: "spam", version });
    await world.kernel.database.executeSql("update gatehouse.deliveries set state = 'cancelled'");
    await dev(`/submissions/${id}/verdict`, "PUT", { state: "inbox", version: version + 1 });
    await world.settled();
    expect(world.mails.at(-1)?.text).toContain("Your words:");
  });

  test("is one of a list, newest first, read page by page, and is in the audit with before and after", async () => {
    await add();
    await dev("/forms/feedback", "PATCH", { version: 1, title: { en: "Praise" } });
    const same = await dev("/forms/feedback", "PATCH", { version: 2, title: { en: "Praise" } });
    await dev("/forms/feedback", "PATCH", { version: 2, honeypot: "website" });

    const page = await editor("/forms/feedback/versions?limit=2");
    const rest = await editor(`/forms/feedback/versions?limit=2&after=${page.body.next}`);
    const versions = [...page.body.items, ...rest.body.items];
    expect(same.body.version).toBe(2);
    expect(versions.map(({ version, form }) => [version, form.title.en, form.honeypot])).toEqual([
      [3, "Praise", "website"],
      [2, "Praise", undefined],
      [1, "Feedback", undefined],
    ]);
    expect(rest.body.next).toBeNull();
    const [changed] = (await rows("audit_events")).filter(({ event }) => event === "form.changed");
    expect(changed).toMatchObject({
      subject_id: "feedback",
      data: { before: 1, after: 2, changed: ["title"] },
    });
    const details = (await rows("audit_details")).map((row) => row.details);
    expect(details).toContainEqual(
      expect.objectContaining({ before: { title: feedback.title }, after: { title: { en: "Praise" } } }),
    );
  });

  test("by somebody who saw another version is refused and changes nothing", async () => {
    await add();

    const answers = await Promise.all(
      ["one", "two", "three"].map((en) => dev("/forms/feedback", "PATCH", { version: 1, title: { en } })),
    );

    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
    expect(answers.flatMap(({ body }) => body.code ?? [])).toEqual(["version_conflict", "version_conflict"]);
    expect(await rows("form_versions")).toHaveLength(2);
    expect((await dev("/forms/nowhere", "PATCH", { version: 1 })).status).toBe(404);
  });
});

describe("a built-in form", () => {
  test("can be set and added to, at every door, and never deleted", async () => {
    const { body: contact } = await dev("/forms/contact");
    expect([contact.version, contact.built_in, contact.created_at]).toEqual([0, true, null]);
    const fields = [...contact.fields, { name: "colour", type: "text", label: { en: "Colour" } }];

    const changed = await dev("/forms/contact", "PATCH", {
      version: 0,
      fields,
      notify: ["desk@example.com"],
      allowed_origins: ["https://shop.example"],
    });
    const posted = { name: "Ada", email: "ada@example.com", message: "Hello", colour: "red\nblue" };
    const refused = await world.post("/api/contact", posted);
    const foreign = await world.post("/api/contact", posted, { headers: { origin: "https://any.example" } });
    const taken = await world.post("/api/v1/contact", { ...posted, colour: "red" });
    await world.settled();

    expect([changed.status, changed.body.version]).toEqual([200, 1]);
    expect([refused.status, await refused.json()]).toEqual([
      400,
      expect.objectContaining({ fields: { colour: expect.objectContaining({ code: "line_break" }) } }),
    ]);
    expect([foreign.status, foreign.headers.get("access-control-allow-origin")]).toEqual([403, null]);
    expect(taken.status).toBe(200);
    expect(world.mails.map(({ envelope }) => envelope.to)).toEqual([["desk@example.com"]]);
    const versions = (await editor("/forms/contact/versions")).body.items;
    expect(versions.map(({ version }: { version: number }) => version)).toEqual([1, 0]);
    expect((await dev("/forms/contact", "DELETE")).body.code).toBe("built_in");
    expect((await dev("/forms/waitlist", "DELETE")).body.code).toBe("built_in");
    expect((await add({ slug: "contact" })).body.code).toBe("slug_taken");
    const { text } = (await editor("/submissions/export?form=contact")).body;
    expect(text.split("\r\n")[0]).toEndWith("name,email,message,colour");
  });

  test("keeps the fields that sites were promised", async () => {
    const [name, ...others] = (await dev("/forms/contact")).body.fields;
    const change = async (fields: object[]) => {
      const { status, body } = await dev("/forms/contact", "PATCH", { version: 0, fields });
      return [status, ...codes(body)];
    };

    expect(await change(others)).toEqual([422, "fields built_in_field"]);
    expect(await change([{ ...name, max: 100 }, ...others])).toEqual([422, "fields.0 built_in_field"]);
    const required = { name: "tax", type: "text", required: true };
    expect(await change([name, ...others, required])).toEqual([422, "fields.3 built_in_field"]);
    expect(await rows("forms")).toEqual([]);
  });
});

describe("what would become of a post", () => {
  const explain = async (body: object, slug = "feedback") => {
    const answer = await dev(`/forms/${slug}/explanations`, "POST", body);
    const checks: { check: string; passes: boolean }[] = answer.body.checks ?? [];
    return Object.fromEntries(checks.map(({ check, passes }) => [check, passes]));
  };

  test("is explained check by check, as a real post is decided", async () => {
    await add({ allowed_origins: ["https://shop.example"], closes_at: "2099-01-01T00:00:00Z" });

    expect(
      await explain({
        origin: "https://shop.example",
        content_type: "application/json",
        next: "https://shop.example/thanks",
      }),
    ).toEqual({ open: true, origin: true, cors: true, content_type: true, captcha: true, next: true });
    expect(
      await explain({
        origin: "https://evil.example",
        content_type: "text/plain",
        next: "https://evil.example/",
      }),
    ).toEqual({ open: true, origin: false, cors: false, content_type: false, captcha: true, next: false });
    await dev("/forms/feedback", "PATCH", {
      version: 1,
      open: false,
      captcha: { provider: "altcha", required: true },
    });
    expect(await explain({ origin: "https://forms.example" })).toMatchObject({
      open: false,
      origin: true,
      captcha: false,
    });
    expect(await rows("submissions")).toEqual([]);
    expect((await dev("/forms/nowhere/explanations", "POST", { origin: "https://a.example" })).status).toBe(
      404,
    );
  });
});
