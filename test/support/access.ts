import type { Role } from "#/modules/accounts/tables";

/** Whoever calls: nobody, five kinds of people, and sessions that are good for less than their people. */
export const callers = [
  "anonymous",
  "unverified",
  "other",
  "owner",
  "editor",
  "devAsUser",
  "dev",
  "enrolling",
] as const;
export type Caller = (typeof callers)[number];

/** A refusal by its code; every code but `signed_out` is a 403. */
export type Denial =
  | "signed_out"
  | "email_not_verified"
  | "editor_role_required"
  | "dev_role_required"
  | "dev_scope_required"
  | "enrolment_required";
/** `own`: the caller's rows; those of others are not found. */
export type Cell = "yes" | "own" | Denial;

/** What a row says of each caller; `user` is both the owner and others with the role `user`. */
type Cells = Record<Exclude<Caller, "other" | "owner"> | "user", Cell>;
type Row = {
  /** Default: every method. */
  methods?: readonly string[];
  /** `*` stands for one segment, `**` at the end for any number, none included. */
  paths: readonly string[];
  cells: Cells;
};

const everyone: Cells = {
  anonymous: "yes",
  unverified: "yes",
  user: "yes",
  editor: "yes",
  devAsUser: "yes",
  dev: "yes",
  enrolling: "yes",
};
const whoeverSignedIn: Cells = { ...everyone, anonymous: "signed_out" };
const own: Cells = {
  anonymous: "signed_out",
  unverified: "email_not_verified",
  user: "own",
  editor: "own",
  devAsUser: "own",
  dev: "own",
  enrolling: "enrolment_required",
};
const team: Cells = { ...own, user: "editor_role_required", editor: "yes", devAsUser: "yes", dev: "yes" };
const devs: Cells = {
  ...team,
  user: "dev_role_required",
  editor: "dev_role_required",
  devAsUser: "dev_scope_required",
};

/**
 * Who may call what (design "Accounts" §10), the first row that fits wins. A route that no row fits fails the tests:
 * whoever adds one decides here who may call it.
 */
const rows: readonly Row[] = [
  { paths: ["/api/v1/users/me"], cells: whoeverSignedIn },
  { methods: ["POST"], paths: ["/api/v1/auth/logout"], cells: whoeverSignedIn },
  { paths: ["/api/v1/auth/**", "/v1/accounts/**", "/account/**"], cells: everyone },
  // Probes, figures (which have a token of their own), documentation.
  {
    methods: ["GET"],
    paths: ["/health/**", "/api/v1/healthz", "/api/v1/readyz", "/metrics", "/", "/docs/**", "/api/v1/docs"],
    cells: everyone,
  },
  // Forms.
  {
    methods: ["POST"],
    paths: [
      "/api/contact",
      "/api/demo-request",
      "/api/quote-request",
      "/api/v1/contact",
      "/api/v1/waitlist",
      "/api/v1/investor_interest",
      "/api/v1/pilot_request",
    ],
    cells: everyone,
  },
  { paths: ["/f/**"], cells: everyone },
  // Vendors, who sign what they send.
  { methods: ["POST"], paths: ["/webhooks/*"], cells: everyone },
  // Content.
  {
    methods: ["GET"],
    paths: [
      "/api/services/**",
      "/api/case-studies/**",
      "/api/impact-stories/**",
      "/api/impact-metrics",
      "/api/team/**",
    ],
    cells: everyone,
  },
  // Publishing.
  { methods: ["GET"], paths: ["/v1/users/**", "/v1/projects/*", "/assets/**"], cells: everyone },
  { paths: ["/v1/assets/images/**", "/v1/projects/**"], cells: own },
  // The own account.
  {
    methods: ["POST"],
    paths: ["/api/v1/account/totp", "/api/v1/account/totp/confirm"],
    cells: { ...own, enrolling: "yes" },
  },
  { methods: ["DELETE"], paths: ["/api/v1/account"], cells: { ...own, unverified: "own" } },
  { methods: ["PATCH"], paths: ["/api/v1/account/email"], cells: { ...own, unverified: "own" } },
  { paths: ["/api/v1/account/**", "/api/v1/settings/**", "/api/v1/dashboard/summary"], cells: own },
  // The team.
  { paths: ["/api/v1/admin/content/**"], cells: team },
  { methods: ["DELETE"], paths: ["/api/v1/admin/submissions/*"], cells: devs },
  { paths: ["/api/v1/admin/submissions/**"], cells: team },
  {
    methods: ["GET"],
    paths: ["/api/v1/admin/deliveries/**", "/api/v1/admin/forms/**", "/api/v1/admin/waitlist"],
    cells: team,
  },
  {
    methods: ["POST"],
    paths: ["/api/v1/admin/deliveries/replays", "/api/v1/admin/deliveries/*/replays"],
    cells: team,
  },
  { paths: ["/api/v1/admin/**"], cells: devs },
];

/** What a caller may do with a route, its parameters as `:id` or `{id}`; undefined where nobody has decided. */
export function accessOf(method: string, path: string): Record<Caller, Cell> | undefined {
  const row = rows.find(
    ({ methods, paths }) => (methods?.includes(method) ?? true) && paths.some((one) => fits(one, path)),
  );
  if (!row) return;
  const { user, ...cells } = row.cells;
  return { ...cells, other: user, owner: user };
}

/** Whether nobody may call it without a token. */
export const isProtected = (method: string, path: string): boolean =>
  accessOf(method, path)?.anonymous === "signed_out";

function fits(pattern: string, path: string): boolean {
  const wanted = pattern.split("/");
  const given = path.split("/");
  const isOpen = wanted.at(-1) === "**";
  if (isOpen) wanted.pop();
  const isLong = isOpen ? given.length >= wanted.length : given.length === wanted.length;
  return isLong && wanted.every((one, at) => one === given[at] || (one === "*" && given[at] !== ""));
}
/** The least role that may call it; `dev` in scope `dev`. */
export function leastRole(method: string, path: string): Role {
  const cells = accessOf(method, path);
  const isAllowed = (caller: Caller) => cells?.[caller] === "yes" || cells?.[caller] === "own";
  return isAllowed("owner") ? "user" : isAllowed("editor") ? "editor" : "dev";
}
