import type { Config } from "#/kernel/config";
import type { Db } from "#/kernel/db";
import { lookUpFeatures } from "./look-up-features";
import type { Feature, Readable } from "./spam-features";
import { speaks, weightOf } from "./spam-model";

const most = 10;

/** `spam` and `ham`: in how many messages of each kind it stood. `weight`: its log odds, negative for wanted. */
export type WeighedFeature = Feature & { spam: number; ham: number; weight: number };

/** What in a message decides for the model as it is now, the strongest first; nothing while it does not speak. */
export async function strongestFeatures(
  config: Pick<Config, "rootSecret">,
  db: Db,
  message: Readable,
): Promise<WeighedFeature[]> {
  const { lessons, messages } = await lookUpFeatures(config, db, [message]);
  if (!speaks(lessons)) return [];
  return messages
    .flat()
    .map(({ feature, counts }) => ({ ...feature, ...counts, weight: weightOf(counts, lessons) }))
    .filter(({ weight }) => weight !== 0)
    .toSorted((one, other) => Math.abs(other.weight) - Math.abs(one.weight))
    .slice(0, most);
}
