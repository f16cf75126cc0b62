import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Addressee, Classification, MessageKind, Priority } from "../../src/cdc/classification.ts";
import type { Classify } from "../../src/cdc/classify.ts";

/** A message in its surroundings, and what must be understood of it. */
export interface Scene {
  readonly class: string;
  readonly language: string;
  readonly channel: string;
  readonly isGroup?: boolean;
  readonly isAddressed?: boolean;
  readonly isAutomated?: boolean;
  readonly sender?: string;
  readonly people?: readonly string[];
  readonly text: string;
  readonly now: string;
  readonly expect: {
    readonly asks?: boolean;
    readonly kind?: MessageKind | readonly MessageKind[];
    readonly priority?: Priority;
    readonly addressee?: Addressee;
    readonly deadline?: { readonly date: string; readonly time?: string } | null;
  };
}

/** The first part was looked at while the rules were made, the second only behind them, the third was written last. */
export type Part = "first" | "second" | "third";

export function readScenes(part: Part): readonly Scene[] {
  const path = fileURLToPath(new URL(`../fixtures/cdc/scenes-${part}.jsonl`, import.meta.url));
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Scene);
}

/** What was understood otherwise, in words; nothing when all was understood. */
export function findMistakes(classify: Classify, scene: Scene): readonly string[] {
  const { sender, text, now, people, expect, channel, isGroup, isAddressed, isAutomated } = scene;
  const message = {
    text,
    channel,
    ...(isGroup !== undefined && { isGroup }),
    ...(isAddressed !== undefined && { isAddressed }),
    ...(isAutomated !== undefined && { isAutomated }),
    ...(sender !== undefined && { sender: { name: sender } }),
  };
  const found = classify(message, {
    now: Date.parse(now),
    timeZone: "Europe/Berlin",
    ownNames: ["Jo", "Parlance"],
    ...(people !== undefined && { people }),
  });
  return [
    compare("asks", expect.asks, found.asks),
    Array.isArray(expect.kind)
      ? compare("kind", true, expect.kind.includes(found.kind), found.kind)
      : compare("kind", expect.kind, found.kind),
    compare("priority", expect.priority, found.priority),
    compare("addressee", expect.addressee, found.addressee),
    expect.deadline === undefined
      ? undefined
      : compare("deadline", expect.deadline ?? undefined, withoutWords(found), undefined, true),
  ].filter((mistake) => mistake !== undefined);
}

function withoutWords({ deadline }: Classification): unknown {
  return deadline && { date: deadline.date, ...(deadline.time !== undefined && { time: deadline.time }) };
}

function compare(what: string, wanted: unknown, found: unknown, shown = found, isAlways = false): string | undefined {
  if (wanted === undefined && !isAlways) return undefined;
  return JSON.stringify(wanted) === JSON.stringify(found)
    ? undefined
    : `${what} is ${JSON.stringify(shown)} instead of ${JSON.stringify(wanted)}`;
}
