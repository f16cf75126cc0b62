import type { Token } from "node-llama-cpp";
import type { LoadedModel } from "./load.ts";

/** How long one piece may take: an abort waits for it. */
const pieceMs = 120;
const shortestPiece = 8;
/** llama.cpp's own batch; longer pieces gain nothing. */
const longestPiece = 512;
/** A saved state is loaded for no less: tokens that need not be read. */
const leastGain = 64;

export interface PromptReading {
  readonly tokens: readonly Token[];
  /** How many of them begin every request with this system prompt and these tools. */
  readonly staticTokens: () => number;
  readonly signal: AbortSignal;
  /** Called after every piece. */
  readonly onProgress: () => void;
}

/**
 * Reads all of the prompt but its last token (which the answer begins with) into the model's one sequence, from where
 * it differs from what is there, or from a saved beginning. In pieces, because reading cannot be stopped: the signal is
 * looked at between them. Returns how many tokens need not be read. Throws the signal's reason.
 */
export async function readPrompt(loaded: LoadedModel, reading: PromptReading): Promise<number> {
  const { sequence } = loaded;
  const end = reading.tokens.length - 1;
  const wanted = reading.tokens.slice(0, end);
  await takeSaved(loaded, wanted);
  await sequence.adaptStateToTokens(wanted, false);
  const known = sequence.nextTokenIndex;
  const prefix = pickPrefix(loaded, reading, known);
  let length = 32;
  while (sequence.nextTokenIndex < end) {
    reading.signal.throwIfAborted();
    const from = sequence.nextTokenIndex;
    const until = from < prefix ? prefix : end;
    const piece = wanted.slice(from, Math.min(until, from + length));
    const startedAt = performance.now();
    await sequence.evaluateWithoutGeneratingNewTokens(piece);
    const ms = performance.now() - startedAt;
    length = Math.round(Math.min(longestPiece, Math.max(shortestPiece, (piece.length * pieceMs) / Math.max(1, ms))));
    reading.onProgress();
    if (prefix > 0 && sequence.nextTokenIndex === prefix) await keep(loaded, wanted.slice(0, prefix));
  }
  reading.signal.throwIfAborted();
  return known;
}

async function takeSaved({ sequence, prefixes }: LoadedModel, wanted: Token[]): Promise<void> {
  const there = sequence.compareContextTokens(wanted).firstDifferentIndex;
  if (wanted.length - there < leastGain) return;
  const saved = await prefixes?.find(wanted);
  if (saved === undefined || saved.tokens < there + leastGain) return;
  const isLoaded = await prefixes?.use(saved, (path) => sequence.loadStateFromFile(path, { acceptRisk: true }));
  if (!isLoaded) await sequence.clearHistory();
}

/** A full disk is no reason not to answer. */
async function keep({ sequence, prefixes }: LoadedModel, tokens: readonly Token[]): Promise<void> {
  try {
    await prefixes?.save(tokens, (path) => sequence.saveStateToFile(path));
  } catch (error) {
    process.stderr.write(`The beginning of a prompt could not be saved: ${String(error)}\n`);
  }
}

/** Where to stop and save; 0 when nothing is worth it: most of the beginning is known already, or it is short. */
function pickPrefix({ prefixes, minPrefixTokens }: LoadedModel, reading: PromptReading, known: number): number {
  if (prefixes === undefined || reading.tokens.length - known < minPrefixTokens) return 0;
  const prefix = Math.min(reading.staticTokens(), reading.tokens.length - 1);
  return prefix - known >= Math.max(minPrefixTokens, prefix / 4) ? prefix : 0;
}
