import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { maxTextChars } from "../../../channels/webchat/protocol.ts";
import { AppError } from "../../core/errors.ts";
import { askOnce, type Question } from "./ask-once.ts";
import { leaving } from "./complete.ts";
import type { ChatConnection } from "./connect.ts";

/** The lines of an input that say something, as they come, until "/exit". Throws AppError "too-large". */
export async function* readLines(input: Readable): AsyncGenerator<string> {
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      const text = line.trim();
      if (text.length > maxTextChars)
        throw new AppError("too-large", `A line is longer than ${maxTextChars} characters.`);
      if (leaving.some((word) => text === `/${word}`)) return;
      if (text !== "") yield text;
    }
  } finally {
    input.destroy(); // else a pipe that stays open keeps the program
  }
}

/**
 * Sends one message after the other, each when the one before is answered, and prints the answers. Connects when the
 * first message is there. Resolves with the exit status: of the first message that was stopped, else 0. Throws
 * AppError "bad-input" when there is none.
 */
export async function askAll(
  connect: () => Promise<ChatConnection>,
  texts: AsyncIterable<string> | Iterable<string>,
  how: Omit<Question, "text">,
  ask: (connection: ChatConnection, question: Question) => Promise<number> = askOnce,
): Promise<number> {
  let connection: ChatConnection | undefined;
  try {
    for await (const text of texts) {
      connection ??= await connect();
      const status = await ask(connection, { ...how, text });
      if (status !== 0) return status;
    }
  } finally {
    connection?.close();
  }
  if (connection !== undefined) return 0;
  throw new AppError("bad-input", "There is no text to send.", { hint: 'Such as: parlance chat "What is up?"' });
}
