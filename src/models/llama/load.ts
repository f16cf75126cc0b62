import { stat } from "node:fs/promises";
import { availableParallelism, loadavg } from "node:os";
import type { ChatWrapper, Llama, LlamaChat, LlamaContextSequence } from "node-llama-cpp";
import { AppError, isAppError } from "../../core/errors.ts";
import { loadPackage } from "../../core/load-package.ts";
import { createPrefixStore, type PrefixStore } from "./prefixes.ts";
import type { LoadOrder } from "./protocol.ts";
import { pickThreads } from "./threads.ts";

export interface LoadedModel {
  readonly llama: Llama;
  readonly chat: LlamaChat;
  readonly wrapper: ChatWrapper;
  /** The only one: what it holds is what the next request need not read again. */
  readonly sequence: LlamaContextSequence;
  readonly prefixes: PrefixStore | undefined;
  readonly minPrefixTokens: number;
}

/** The library, on first use. Throws AppError "package-missing". */
export function loadLibrary(): Promise<typeof import("node-llama-cpp")> {
  return loadPackage("node-llama-cpp", () => import("node-llama-cpp"));
}

/** Throws AppError, with what to do about it. */
export async function loadModel(order: LoadOrder): Promise<LoadedModel> {
  const library = await loadLibrary();
  try {
    return await load(library, order);
  } catch (error) {
    throw isAppError(error) ? error : explain(library, error);
  }
}

async function load(library: typeof import("node-llama-cpp"), order: LoadOrder): Promise<LoadedModel> {
  const cores = availableParallelism();
  const llama = await library.getLlama({
    gpu: order.gpu,
    // Anything else begins to compile for minutes when a prebuilt binary does not fit.
    build: "never",
    skipDownload: true,
    maxThreads: cores,
    progressLogs: false,
    logLevel: library.LlamaLogLevel.error,
    logger: (_level, message) => void process.stderr.write(`${message.trim()}\n`),
  });
  const realCores = Math.min(cores, llama.cpuMathCores);
  llama.maxThreads = pickThreads({ cores: realCores, load: loadavg()[0] ?? 0 }, order.threads);
  // Slower for a long cold prompt, three times faster for the next turn, which is what a chat consists of.
  const flashAttention = llama.gpu === false ? false : "auto";
  const model = await llama.loadModel({ modelPath: order.file, defaultContextFlashAttention: flashAttention });
  const contextTokens = Math.min(order.contextTokens, model.trainContextSize);
  const context = await model.createContext({ contextSize: contextTokens, flashAttention, threads: llama.maxThreads });
  const sequence = context.getSequence();
  const chat = new library.LlamaChat({ contextSequence: sequence });
  const { size, mtimeMs } = await stat(order.file);
  const version = await library.getModuleVersion();
  const identity = [order.file, size, mtimeMs, llama.gpu, context.flashAttention, version].join(" ");
  return {
    llama,
    chat,
    wrapper: chat.chatWrapper,
    sequence,
    prefixes: order.prefixes === undefined ? undefined : createPrefixStore(order.prefixes, identity),
    minPrefixTokens: order.prefixes?.minTokens ?? 0,
  };
}

function explain(library: typeof import("node-llama-cpp"), error: unknown): AppError {
  const cause = { cause: error };
  if (error instanceof library.NoBinaryFoundError)
    return new AppError("unsupported", "There is no ready-made engine for this machine.", {
      hint: "Use Ollama with provider openai-compatible instead.",
      ...cause,
    });
  if (error instanceof library.InsufficientMemoryError)
    return new AppError("too-large", "The model does not fit into this machine's memory.", {
      hint: "Take a smaller model, or set a smaller contextTokens for it.",
      ...cause,
    });
  return new AppError("bad-input", "The model file could not be loaded.", {
    hint: "It may be damaged or of a kind that this engine does not know: fetch it again, or take another model.",
    ...cause,
  });
}
