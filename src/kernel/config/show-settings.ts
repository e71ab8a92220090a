import type { Inspection } from "./load-config";
import type { Source } from "./read-settings";
import { factsOf, settingNames } from "./settings";

/** A setting as it may be shown to anybody: of a secret only where it came from and how long it is, roughly. */
export type ShownSetting = {
  name: string;
  source: Source;
  /** The text as written; absent for secrets and where nothing is set. */
  value?: string;
  /** Of a secret that is set. */
  length?: "under 16 bytes" | "16 to 31 bytes" | "32 bytes or more";
  /** A sample value, which counts as not set. */
  placeholder?: true;
  /** Without effect in this release. */
  later?: true;
};

/** Every setting in the order of the schema. */
export const showSettings = ({ reading }: Inspection): ShownSetting[] =>
  settingNames.map((name) => {
    const [text, size] = [reading.texts[name], reading.sizes[name]];
    return {
      name,
      source: reading.sources[name],
      ...(text && { value: text }),
      ...(size !== undefined && { length: classOf(size) }),
      ...(reading.placeholders.includes(name) && { placeholder: true as const }),
      ...(factsOf(name).later && { later: true as const }),
    };
  });

const classOf = (bytes: number) =>
  bytes < 16 ? "under 16 bytes" : bytes < 32 ? "16 to 31 bytes" : "32 bytes or more";
