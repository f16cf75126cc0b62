import { randomBytes } from "node:crypto";
import type { LoadedConfig } from "../../../config/load.ts";
import { AppError } from "../../core/errors.ts";
import type { Model, ModelRequest, Usage } from "../../core/model.ts";
import { openModels } from "../../find-model.ts";
import { formatTable, paint, printJson, printLine } from "../print.ts";

export interface Speed {
  readonly firstTokenMs: number;
  readonly totalMs: number;
  readonly usage: Usage;
  /** Of what was not read from a cache, until the first token; the way over the network is in it. */
  readonly promptTokensPerSecond: number;
  /** After the first token; absent when everything came at once. */
  readonly tokensPerSecond?: number;
}

const answerTokens = 128;
const lines = 40;

/** Asks one model a fixed question and measures the answer. */
export async function benchModel(
  loaded: LoadedConfig,
  alias: string | undefined,
  signal: AbortSignal,
  isJson: boolean,
): Promise<number> {
  const { models, close } = await openModels(loaded);
  const model = models.get(alias);
  if (model.id === "offline")
    throw new AppError("conflict", "No language model is set up, so there is nothing to measure.", {
      hint: "Configure one in `models`, or fetch one: parlance models pull qwen3-0.6b",
    });
  const speed = await measure(model, signal).finally(close);
  if (isJson) printJson({ model: model.id, ...speed });
  else {
    const { inputTokens, cachedTokens, outputTokens } = speed.usage;
    const rows = [
      ["model", model.id],
      ["first token", `${Math.round(speed.firstTokenMs)} ms`],
      [
        "prompt",
        `${format(speed.promptTokensPerSecond)} tokens/s (${inputTokens} tokens, ${cachedTokens} of them cached)`,
      ],
      [
        "answer",
        speed.tokensPerSecond === undefined
          ? `${outputTokens} tokens, all at once`
          : `${format(speed.tokensPerSecond)} tokens/s (${outputTokens} tokens)`,
      ],
    ];
    printLine(
      formatTable(
        ["", ""],
        rows.map(([name = "", value = ""]) => [paint("bold", name), value]),
      ),
    );
  }
  return 0;
}

/** Streams one answer. Throws AppError "model-failed" or "aborted". `now` in ms. */
export async function measure(model: Model, signal: AbortSignal, now = () => performance.now()): Promise<Speed> {
  const startedAt = now();
  let firstAt: number | undefined;
  let lastAt = startedAt;
  for await (const event of model.stream(createRequest(), signal)) {
    const at = now();
    if (event.type === "error") {
      if (event.reason === "aborted") throw new AppError("aborted", "Stopped.");
      throw new AppError("model-failed", event.message);
    }
    if (event.type !== "done") {
      firstAt ??= at;
      lastAt = at;
      continue;
    }
    if (firstAt === undefined || event.usage.outputTokens === 0)
      throw new AppError("model-failed", "The model answered with nothing, so there is nothing to measure.");
    const { usage } = event;
    const firstTokenMs = firstAt - startedAt;
    const perSecond = (tokens: number, ms: number): number => (tokens * 1000) / Math.max(ms, 0.001);
    return {
      firstTokenMs,
      totalMs: at - startedAt,
      usage,
      promptTokensPerSecond: perSecond(usage.inputTokens - usage.cachedTokens, firstTokenMs),
      ...(lastAt > firstAt && usage.outputTokens > 1
        ? { tokensPerSecond: perSecond(usage.outputTokens - 1, lastAt - firstAt) }
        : {}),
    };
  }
  throw new AppError("model-failed", "The model's answer did not end.");
}

/** The same text each time, behind a mark of its own: a cache that knows the prompt would make it look fast. */
function createRequest(): ModelRequest {
  const log = Array.from(
    { length: lines },
    (_, index) => `Line ${index + 1}: the pump in hall ${(index * 7) % 13} ran for ${(index * 37) % 91} minutes.`,
  );
  return {
    system: `Run ${randomBytes(4).toString("hex")}. You summarise logs for engineers.`,
    messages: [
      {
        role: "user",
        content: [{ type: "text", text: `${log.join("\n")}\n\nTell at length, in prose, what this log shows.` }],
      },
    ],
    tools: [],
    maxTokens: answerTokens,
    temperature: 0,
  };
}

function format(value: number): string {
  return value < 10 ? value.toFixed(1) : String(Math.round(value));
}
