import { statSync } from "node:fs";
import { executablePath } from "../../support/executable";
import type { Section } from "../bench";

export const size: Section = {
  name: "size",
  needs: [],
  async measure() {
    const { size: bytes } = statSync(await executablePath());
    return [{ what: "size of the executable", measured: `${Math.round(bytes / 2 ** 20)} MB` }];
  },
};
