import type { MessageView } from "../message-view.ts";
import { addressing } from "./addressing.ts";
import { casing } from "./casing.ts";
import { length } from "./length.ts";
import { punctuation } from "./punctuation.ts";
import type { Trait } from "./trait.ts";
import { wording } from "./wording.ts";

export const traits: readonly Trait[] = [...addressing, ...casing, ...punctuation, ...wording, ...length];

/** Which option of each trait a message takes. */
export function pickTraits(message: MessageView): readonly (string | undefined)[] {
  return traits.map((trait) => trait.pick(message));
}
