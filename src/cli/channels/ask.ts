import { createInterface, type Interface } from "node:readline";
import { Writable } from "node:stream";
import { AppError } from "../../core/errors.ts";

/** Somebody at the terminal, or a file of answers piped in. */
export interface Asker {
  /** The trimmed answer; empty when there was none. Throws AppError "aborted" at the end of the input. */
  ask(prompt: string, options?: { readonly isSecret?: boolean }): Promise<string>;
  close(): void;
}

export function createAsker(
  input: NodeJS.ReadStream = process.stdin,
  output: NodeJS.WriteStream = process.stdout,
): Asker {
  const piped = input.isTTY ? undefined : createInterface({ input });
  const lines = piped?.[Symbol.asyncIterator]();

  return {
    async ask(prompt, { isSecret = false } = {}) {
      output.write(prompt);
      const answer = lines === undefined ? await askTerminal(input, isSecret ? silent() : output) : await nextOf(lines);
      if (isSecret || lines !== undefined) output.write("\n");
      if (answer === undefined) throw new AppError("aborted", "Given up; nothing was changed.");
      return answer.trim();
    },
    close: () => piped?.close(),
  };
}

/** What is typed is echoed to `echo`. Undefined at Ctrl-D and Ctrl-C. */
function askTerminal(input: NodeJS.ReadStream, echo: Writable): Promise<string | undefined> {
  return new Promise((resolve) => {
    const reader: Interface = createInterface({ input, output: echo, terminal: true });
    reader.once("line", (line) => {
      resolve(line);
      reader.close();
    });
    reader.once("SIGINT", () => reader.close());
    reader.once("close", () => resolve(undefined));
  });
}

async function nextOf(lines: AsyncIterator<string>): Promise<string | undefined> {
  const next = await lines.next();
  return next.done === true ? undefined : next.value;
}

function silent(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
