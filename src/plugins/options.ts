import type { Effect, Tool } from "../core/tool.ts";

/** A plugin as configured, its paths absolute. What is absent is not allowed, or has its default. */
export interface PluginOptions {
  readonly file: string;
  /** In hexadecimal digits of either case; any other file is not loaded. */
  readonly sha256?: string;
  readonly hosts?: readonly string[];
  /** Secrets. */
  readonly keys?: Readonly<Record<string, string>>;
  readonly folders?: Readonly<Record<string, PluginFolder>>;
  readonly memoryMb?: number;
  /** Of one call. */
  readonly timeoutMs?: number;
  readonly effect?: Effect;
}

export interface PluginFolder {
  readonly path: string;
  /** "write" may read, too. */
  readonly access: "read" | "write";
}

export type PluginState =
  | { readonly kind: "loading" }
  | { readonly kind: "up"; readonly tools: readonly Tool[]; readonly sha256: string }
  | { readonly kind: "down"; readonly reason: string };

export const defaultMemoryMb = 64;
export const defaultTimeoutMs = 10_000;
/** What code of others does is not known, and what it says of itself is not believed. */
export const defaultEffect: Effect = "execute";
