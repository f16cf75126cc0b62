import type { Embedder } from "../core/embedder.ts";
import type { Persona } from "../core/persona.ts";
import type { FoundPersona } from "./detect-persona.ts";

/** Of a message, for the embedder: what it is about is said early. */
const maxChars = 2_000;
/** Greetings and thanks are about nothing. */
const minLetters = 12;
/** A description must be so near at least, and by so much nearer than general's and than the others are on average. */
const minNearness = 0.2;
const minLead = 0.05;
/** After a failure nobody waits for the embedder for so long. */
const pauseMs = 30_000;

export interface MeaningOptions {
  readonly embedder: Embedder;
  /** How long a message waits for it. */
  readonly timeoutMs: number;
  readonly now: () => number;
  /** Told once for each pause. */
  readonly onFailure: (error: unknown) => void;
}

/** The persona whose description is nearest to a text; undefined where none stands out, or it cannot be told in time. */
export type FindByMeaning = (text: string, personas: ReadonlyMap<string, Persona>) => Promise<FoundPersona | undefined>;

/**
 * Finds personas by what their descriptions mean. A description is embedded once, and again when it changed. Never
 * throws. Those made for certain people or channels, and those that do not answer by themselves, are never found.
 */
export function createMeaningMatcher({ embedder, timeoutMs, now, onFailure }: MeaningOptions): FindByMeaning {
  const known = new Map<string, Float32Array>();
  /** Goes on behind a message that did not wait for it, so that the next one need not. */
  let learning: Promise<void> | undefined;
  let pausedUntil = 0;

  async function learn(descriptions: readonly string[]): Promise<void> {
    const fresh = descriptions.filter((text) => !known.has(text));
    if (fresh.length === 0) return;
    const vectors = await embedder.embed(fresh, "document", new AbortController().signal);
    for (const text of known.keys()) if (!descriptions.includes(text)) known.delete(text);
    for (const [index, text] of fresh.entries()) known.set(text, vectors[index] as Float32Array);
  }

  async function embed(text: string, descriptions: readonly string[], signal: AbortSignal): Promise<Float32Array> {
    while (descriptions.some((one) => !known.has(one))) {
      learning ??= learn(descriptions).finally(() => (learning = undefined));
      await learning;
    }
    signal.throwIfAborted();
    const [vector] = await embedder.embed([text], "query", signal);
    if (vector === undefined) throw new Error("the embedder gave no vector");
    return vector;
  }

  return async function findByMeaning(text, personas) {
    const general = personas.get("general")?.description.trim() ?? "";
    const candidates = [...personas.values()].filter(isFindable);
    const said = text.slice(0, maxChars).toWellFormed();
    if (candidates.length === 0 || now() < pausedUntil || (said.match(/\p{L}/gu) ?? []).length < minLetters)
      return undefined;
    const descriptions = [
      ...new Set([...candidates.map(({ description }) => description.trim()), general].filter(Boolean)),
    ];
    let vector: Float32Array;
    try {
      vector = await within(timeoutMs, (signal) => embed(said, descriptions, signal));
    } catch (error) {
      pausedUntil = now() + pauseMs;
      onFailure(error);
      return undefined;
    }
    const nearness = new Map(descriptions.map((one) => [one, dot(vector, known.get(one))]));
    return pickNearest(candidates, nearness, nearness.get(general));
  };
}

function isFindable({ name, description, replyMode, when }: Persona): boolean {
  const isForSome = when?.people !== undefined || when?.channels !== undefined;
  return name !== "general" && description.trim() !== "" && replyMode === "auto" && !isForSome;
}

/** Embedders differ in how near all texts are to each other: what counts is by how much one stands out. */
function pickNearest(
  candidates: readonly Persona[],
  nearness: ReadonlyMap<string, number>,
  ofGeneral: number | undefined,
): FoundPersona | undefined {
  const [best, ...others] = candidates
    .map((persona) => ({ persona, score: nearness.get(persona.description.trim()) ?? 0 }))
    .toSorted((one, other) => other.score - one.score);
  if (best === undefined) return undefined;
  const average = others.length === 0 ? 0 : others.reduce((sum, { score }) => sum + score, 0) / others.length;
  const lead = best.score - Math.max(average, ofGeneral ?? 0);
  if (best.score < minNearness || lead < minLead) return undefined;
  const about = shorten(best.persona.description);
  return { persona: best.persona, reason: `it is close in meaning to “${about}”`, score: best.score };
}

/** Enough of a description to know it by. */
function shorten(description: string): string {
  const plain = description.trim().replaceAll(/\s+/g, " ").replace(/\.$/, "");
  return plain.length <= 60 ? plain : `${plain.slice(0, 60).replace(/[\s,;-]+\S*$/, "")} …`;
}

function dot(one: Float32Array, other: Float32Array | undefined): number {
  return one.reduce((sum, value, index) => sum + value * (other?.[index] ?? 0), 0);
}

/** Rejects when the time is over, whatever the work does about its signal. */
async function within<T>(timeoutMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      stop.abort();
      reject(new Error(`it took longer than ${timeoutMs} ms`));
    }, timeoutMs);
  });
  try {
    return await Promise.race([work(stop.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}
