import type { WireEntry } from "../../../channels/webchat/protocol.ts";
import { AppError } from "../../core/errors.ts";
import type { ChatState } from "../../web/dashboard/chat/chat-state.ts";
import { printJson } from "../print.ts";
import type { ChatConnection } from "./connect.ts";
import { createLiveText } from "./live-text.ts";
import { formatEntry, formatText } from "./message-lines.ts";

export interface Question {
  readonly text: string;
  readonly timeoutMs: number;
  readonly isJson: boolean;
  /** JSON on one line: others follow. */
  readonly isOnOneLine?: boolean;
}

/**
 * Sends one message, prints the answer, and resolves with the exit status. The answer goes to standard output as it
 * is; on a terminal it appears while it is written. Ctrl-C stops it.
 */
export async function askOnce(connection: ChatConnection, question: Question): Promise<number> {
  const live = process.stdout.isTTY && !question.isJson ? createLiveText(process.stdout) : undefined;
  const known = new Set(connection.state().entries.map(({ id }) => id));
  const id = connection.send(question.text);
  let isStopped = false;
  const onInterrupt = (): void => {
    isStopped = true;
    connection.stop();
  };
  process.once("SIGINT", onInterrupt);
  let timer: NodeJS.Timeout | undefined;
  try {
    const answer = await new Promise<WireEntry>((resolve, reject) => {
      timer = setTimeout(
        () =>
          reject(
            new AppError("timeout", "No answer came in time.", {
              hint: `It will be in the chat: parlance chat --chat ${connection.chat}`,
            }),
          ),
        question.timeoutMs,
      );
      connection.onChange((state) => {
        const found = findAnswer(state, id, known);
        if (found instanceof AppError) reject(found);
        else if (found !== undefined) resolve(found);
        else if (state.preview !== undefined) live?.update(formatText(state.preview.text, live.columns()));
      });
    });
    if (question.isJson) {
      const { id: answerId, text, attachments, choices } = answer;
      const said = { chat: connection.chat, id: answerId, text, attachments };
      const value = choices === undefined ? said : { ...said, choices };
      if (question.isOnOneLine === true) process.stdout.write(`${JSON.stringify(value)}\n`);
      else printJson(value);
    } else if (live !== undefined) live.finish(formatEntry(answer, live.columns(), connection.filesUrl));
    else process.stdout.write(`${answer.text}\n`);
    reportChoices(answer, connection.chat);
    return isStopped ? 130 : 0;
  } finally {
    clearTimeout(timer);
    process.off("SIGINT", onInterrupt);
  }
}

/** The first thing said to us after our message was taken. */
function findAnswer(state: ChatState, id: string, known: ReadonlySet<string>): WireEntry | AppError | undefined {
  const pending = state.pending.find((message) => message.id === id);
  if (pending?.problem !== undefined) return new AppError("forbidden", pending.problem);
  if (pending !== undefined) return undefined;
  const answer = state.entries.find((entry) => entry.direction === "out" && !known.has(entry.id));
  if (answer !== undefined) return answer;
  const isTaken = state.entries.some((entry) => entry.id === id) || state.isWorking;
  return isTaken || state.connection !== "open"
    ? undefined
    : new AppError("conflict", "The service did not take the message.", {
        hint: "Is the mode of the channel off?",
      });
}

/** A question of Parlance's own has to be answered before it goes on. */
function reportChoices({ choices }: WireEntry, chat: string): void {
  if (choices === undefined || choices.length === 0) return;
  const lines = choices.map(({ label, command }) => `  ${label}: parlance chat --chat ${chat} "${command}"`);
  process.stderr.write(`It waits for your decision:\n${lines.join("\n")}\n`);
}
