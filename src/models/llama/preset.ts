export interface Hardware {
  /** As Node names it: "linux", "win32", "darwin". */
  readonly platform: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly gpu?: { readonly kind: "cuda" | "vulkan" | "metal"; readonly memoryBytes: number };
}

export interface Preset {
  /** The best that this machine runs well first; smaller and faster ones after it. */
  readonly models: readonly string[];
  readonly contextTokens: number;
  /** For people: what would make it faster; absent: nothing to do. */
  readonly hint?: string;
}

interface Size {
  readonly id: string;
  readonly gigabytes: number;
  /** Fewer would keep people waiting: a token costs one reading of the whole file. */
  readonly cores: number;
}

/** Sizes of the files as their makers publish them. */
const sizes: readonly Size[] = [
  { id: "hf:Qwen/Qwen3-30B-A3B-GGUF:Q4_K_M", gigabytes: 18.6, cores: 8 },
  { id: "hf:Qwen/Qwen3-14B-GGUF:Q4_K_M", gigabytes: 9, cores: Infinity },
  { id: "hf:Qwen/Qwen3-8B-GGUF:Q4_K_M", gigabytes: 5, cores: 12 },
  { id: "hf:Qwen/Qwen3-4B-GGUF:Q4_K_M", gigabytes: 2.5, cores: 6 },
  { id: "hf:Qwen/Qwen3-1.7B-GGUF:Q8_0", gigabytes: 1.8, cores: 4 },
  { id: "hf:Qwen/Qwen3-0.6B-GGUF:Q8_0", gigabytes: 0.6, cores: 1 },
];

/** What to suggest for this machine: at most half of its memory, or 80% of the graphics card's. Pure. */
export function pickPreset({ platform, cores, memoryBytes, gpu }: Hardware): Preset {
  const gigabytes = (gpu === undefined ? memoryBytes * 0.5 : gpu.memoryBytes * 0.8) / 1e9;
  // Beside the weights there is what was read: about a third of a small model's size again.
  const fitting = sizes.filter(
    (size) => size.gigabytes * 1.3 <= gigabytes && (gpu !== undefined || size.cores <= cores),
  );
  const models = fitting.slice(0, 3).map(({ id }) => id);
  const largest = fitting[0]?.gigabytes ?? 0;
  const left = gigabytes - largest;
  const contextTokens = left >= 8 ? 32_768 : left >= 3 ? 16_384 : left >= 1 ? 8_192 : 4_096;
  return { models, contextTokens, ...formatHint(platform, gpu) };
}

function formatHint(platform: string, gpu: Hardware["gpu"]): { readonly hint?: string } {
  if (gpu === undefined || gpu.kind === "metal") return {};
  const name = gpu.kind === "cuda" ? "an NVIDIA" : "a";
  return {
    hint: `This machine has ${name} graphics card, which answers many times faster. Run: npm install @node-llama-cpp/${platform === "win32" ? "win" : "linux"}-x64-${gpu.kind}`,
  };
}
