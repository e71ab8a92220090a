/** A guard, and the smallest change of text that turns it off. */
export type Mutation = { guard: string; file: string; from: string; to: string };

/** What the fuzzer must miss when it is gone. */
export const guards: Mutation[] = [
  {
    guard: "error handler",
    file: "src/kernel/http/http-kernel.ts",
    from: "answerErrors({ log, voiceOf, routeOf })(app);",
    to: "",
  },
  {
    guard: "response schema",
    file: "src/modules/forms/intake/answer-post.ts",
    from: '{ status: "ok", message: "Form received" }',
    to: '{ status: "ok", message: "Form received", host: "db-1" }',
  },
  {
    guard: "response schema of Elysia",
    file: "src/modules/ops/routes.ts",
    from: 'async () => ({ status: "ok" as const, version })',
    to: 'async () => ({ status: "well" as "ok", version })',
  },
  {
    guard: "depth limit",
    file: "src/kernel/http/read-json.ts",
    from: "maxDepth = 32",
    to: "maxDepth = 1e9",
  },
  {
    guard: "surrogate check",
    file: "src/kernel/http/storable-text.ts",
    from: 'text.isWellFormed() && !text.includes("\\0")',
    to: '!text.includes("\\0")',
  },
  {
    guard: "NUL check",
    file: "src/kernel/http/storable-text.ts",
    from: 'text.isWellFormed() && !text.includes("\\0")',
    to: "text.isWellFormed()",
  },
  {
    guard: "405 table",
    file: "src/kernel/http/answer-errors.ts",
    from: "if (!allow) return",
    to: 'if (!allow || request.method !== "OPTIONS") return',
  },
  {
    guard: "content type",
    file: "src/modules/forms/intake/read-body.ts",
    from: 'if (type === "application/json") return { enc',
    to: 'if (type.startsWith("application/json")) return { enc',
  },
  {
    guard: "charset",
    file: "src/modules/forms/intake/read-body.ts",
    from: "if (!hasUtf8Charset(contentType)) throw unsupported();",
    to: "",
  },
  {
    guard: "escaping",
    file: "src/kernel/pages/escape-html.ts",
    from: "/[&<>\"'\\r]/g",
    to: "/[&\\r]/g",
  },
  {
    guard: "escaping of <",
    file: "src/kernel/pages/escape-html.ts",
    from: '"<": "&lt;"',
    to: '"<": "<"',
  },
  {
    guard: "no value in refusals",
    file: "src/modules/forms/catalogue/compile-form.ts",
    from: "if (problem) errors.push(explainField(field.name, problem, language));",
    to: "if (problem) errors.push({ ...explainField(field.name, problem, language), detail: String(value) });",
  },
  {
    guard: "no name in refusals",
    file: "src/modules/forms/intake/answer-post.ts",
    from: "form.declares(name) ? name : sayableName(name)",
    to: "name || form.declares(name) || sayableName(name)",
  },
  {
    guard: "headers",
    file: "src/kernel/http/headers.ts",
    from: '["x-content-type-options", "nosniff"],',
    to: "",
  },
  {
    guard: "text kept as sent",
    file: "src/modules/forms/catalogue/field-kinds.ts",
    from: "isBlank(raw) ? undefined : withLineFeeds(raw)",
    to: "isBlank(raw) ? undefined : withLineFeeds(raw).normalize()",
  },
  {
    guard: "CSV formulas",
    file: "src/modules/forms/inbox/export-submissions.ts",
    from: "/^[=+\\-@",
    to: "/^[=+@",
  },
  {
    guard: "destination after success",
    file: "src/modules/forms/intake/answer-post.ts",
    from: "const next = nextPlace(config, visit);\n  const headers",
    to: "const next = visit.posted?.control.next;\n  const headers",
  },
  {
    guard: "body budget",
    file: "src/kernel/http/body-budget.ts",
    from: "held -= context.bodyBytes;",
    to: "held += context.bodyBytes * 500;",
  },
];
