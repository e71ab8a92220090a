import { type Role, roles } from "#/modules/accounts";
import { readArguments, UsageError } from "./command";

/** What follows each action on the command line. */
const actions = {
  create: [],
  list: [],
  "set-role": ["<who>", "<role>"],
  "set-password": ["<who>"],
  "enrol-link": ["<who>"],
  "reset-totp": ["<who>"],
  "sign-out": ["<who>"],
  disable: ["<who>"],
  enable: ["<who>"],
  allow: ["<pattern>"],
} as const satisfies Record<string, readonly string[]>;

export type UserAction = keyof typeof actions;

export type UserArguments = {
  action: UserAction;
  /** Whom or what it is about: an address, a username or a pattern. */
  target: string;
  email: string;
  username: string | undefined;
  role: Role;
  fromStandardInput: boolean;
};

/** Actions that need a new password. */
const choosing: readonly UserAction[] = ["create", "set-password"];
export const asksPassword = ({ action }: UserArguments) => choosing.includes(action);

const options = {
  email: { type: "string" },
  username: { type: "string" },
  role: { type: "string" },
  "password-stdin": { type: "boolean" },
} as const;

/** Throws `UsageError` for what does not fit the action. */
export function readUserArguments(args: string[]): UserArguments {
  const { values, positionals } = readArguments(args, { allowPositionals: true, options });
  const [name = "", ...given] = positionals;
  if (!isAction(name))
    throw new UsageError(`Say what to do: gatehouse user ${Object.keys(actions).join("|")}`);
  const wanted = actions[name];
  if (given.length !== wanted.length)
    throw new UsageError(`Say it as: gatehouse user ${[name, ...wanted].join(" ")}`);
  const fitting = [
    ...(name === "create" ? ["email", "username", "role"] : []),
    ...(choosing.includes(name) ? ["password-stdin"] : []),
  ];
  const stray = Object.keys(values).find((option) => !fitting.includes(option));
  if (stray) throw new UsageError(`gatehouse user ${name} takes no --${stray}`);
  if (name === "create" && !values.email) throw new UsageError("Say whose account it is: --email ADDRESS");

  const role = name === "create" ? values.role : name === "set-role" ? given[1] : "user";
  return {
    action: name,
    target: given[0] ?? "",
    email: values.email ?? "",
    username: values.username,
    role: roles.find((one) => one === role) ?? refuseRole(),
    fromStandardInput: values["password-stdin"] ?? false,
  };
}

const isAction = (name: string): name is UserAction => Object.hasOwn(actions, name);

function refuseRole(): never {
  throw new UsageError(`A role is one of ${roles.join(", ")}`);
}
