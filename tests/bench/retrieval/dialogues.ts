import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { MemoryInPlace, MemoryRecord } from "../../../src/core/memory.ts";

/** A question, and the turns that a person named as its evidence. */
export interface Question {
  readonly text: string;
  readonly evidence: readonly string[];
  /** Asks about one person what the other one said. */
  readonly isAdversarial: boolean;
}

export interface Dialogue {
  readonly name: string;
  readonly turns: readonly MemoryRecord[];
  readonly questions: readonly Question[];
}

interface RawTurn {
  readonly dia_id: string;
  readonly speaker: string;
  readonly text: string;
  readonly blip_caption?: string;
}

interface RawDialogue {
  readonly sample_id: string;
  readonly conversation: Readonly<Record<string, string | readonly RawTurn[]>>;
  readonly qa: ReadonlyArray<{
    readonly question: string;
    readonly evidence: readonly string[];
    readonly category: number;
  }>;
}

const adversarial = 5;
const months = "January February March April May June July August September October November December".split(" ");

/** Undefined: the file is not on this machine. */
export async function loadDialogues(withCaptions: boolean): Promise<readonly Dialogue[] | undefined> {
  const folder = process.env["PARLANCE_BENCH_DATA"] ?? join(import.meta.dirname, "../../../../shared/data");
  const file = join(folder, "locomo-dev.json");
  if (!existsSync(file)) return undefined;
  const raw = JSON.parse(await readFile(file, "utf8")) as readonly RawDialogue[];
  return raw.map((dialogue) => readDialogue(dialogue, withCaptions));
}

function readDialogue({ sample_id: name, conversation, qa }: RawDialogue, withCaptions: boolean): Dialogue {
  const turns: MemoryRecord[] = [];
  for (let session = 1; `session_${session}_date_time` in conversation; session += 1) {
    const date = conversation[`session_${session}_date_time`];
    const at = parseDate(typeof date === "string" ? date : "");
    const raw = conversation[`session_${session}`];
    for (const turn of Array.isArray(raw) ? (raw as readonly RawTurn[]) : []) {
      const caption = withCaptions && turn.blip_caption !== undefined ? ` [${turn.blip_caption}]` : "";
      turns.push(toRecord(name, turns.length + 1, turn, turn.text + caption, at));
    }
  }
  const known = new Set(turns.map(({ id }) => id));
  const questions = qa.map(({ question, evidence, category }) => ({
    text: question,
    evidence: [...new Set(evidence.flatMap((ids) => ids.split(/[;,\s]+/)).filter((id) => known.has(id)))],
    isAdversarial: category === adversarial,
  }));
  return { name, turns, questions: questions.filter(({ evidence }) => evidence.length > 0) };
}

function toRecord(source: string, seq: number, turn: RawTurn, text: string, at: number): MemoryRecord {
  return {
    id: turn.dia_id,
    layer: "insights",
    scope: "team",
    source,
    speaker: turn.speaker,
    text,
    at,
    importance: 0.5,
    isPinned: false,
    isOutside: false,
    seq,
    accessCount: 0,
  };
}

/** "1:56 pm on 8 May, 2023" */
function parseDate(text: string): number {
  const [, hour = "", minute = "", half = "", day = "", month = "", year = ""] =
    /^(\d+):(\d+) (am|pm) on (\d+) (\w+), (\d+)$/.exec(text) ?? [];
  const at = Date.UTC(
    Number(year),
    months.indexOf(month),
    Number(day),
    (Number(hour) % 12) + (half === "pm" ? 12 : 0),
    Number(minute),
  );
  if (Number.isNaN(at)) throw new Error(`"${text}" is not a date of these files.`);
  return at;
}

/** A turn with so many neighbours, as the store gives them. */
export function placeTurn(turns: readonly MemoryRecord[], at: number, before: number, after: number): MemoryInPlace {
  const record = turns[at];
  if (record === undefined) throw new Error(`There is no turn ${at}.`);
  return { record, before: turns.slice(Math.max(0, at - before), at), after: turns.slice(at + 1, at + 1 + after) };
}
