import { z } from "zod";
import { quoteBlock } from "../../core/quote.ts";
import type { Tool } from "../../core/tool.ts";
import { defineTool, words } from "../define.ts";
import { createBubblewrap, type RunInSandbox } from "./sandbox.ts";

export interface ShellOptions {
  readonly workspace: string;
  /** Bubblewrap when absent. */
  readonly runInSandbox?: RunInSandbox;
}

/** Only ever in a sandbox: where there is none it says so, and nothing runs. */
export function createShell({ workspace, runInSandbox = createDefaultSandbox() }: ShellOptions): Tool {
  return defineTool({
    name: "shell",
    description:
      "Runs a command line in a sandbox: no network, the workspace as current folder, the rest of the machine read only. For code, tests and calculations on files.",
    input: z.strictObject({ command: z.string().min(1).max(8000).describe("For /bin/sh.") }),
    effect: "execute",
    keywords: [
      ...words("shell bash terminal script scripts python compile"),
      ...words("skript kommandozeile"),
      "run the tests",
      "run this",
      "run it",
      "this command",
      "the command",
      "command line",
      "führe aus",
    ],
    timeoutMs: 90_000,
    maxOutputChars: 20_000,
    describe({ command }) {
      return `Run in the sandbox (no network, files of the workspace only):\n\n${quoteBlock(command)}`;
    },
    async run({ command }, { signal }) {
      const { exitCode, output, isTimeout, isFlood } = await runInSandbox(command, workspace, signal);
      const end = isTimeout
        ? "[stopped: it took too long]"
        : isFlood
          ? "[stopped: it printed too much]"
          : exitCode === undefined
            ? "[stopped: it went over a limit]"
            : `[exit code ${exitCode}]`;
      return { text: output.trim() === "" ? end : `${output.trimEnd()}\n${end}`, isOutside: true };
    },
  });
}

function createDefaultSandbox(): RunInSandbox {
  return createBubblewrap("bwrap", { timeoutMs: 60_000, memoryMb: 2048, cpuSeconds: 60, fileMb: 256, processes: 128 });
}
