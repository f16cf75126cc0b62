import type { Dialogue, DialogueFrame, SocketConnection } from "../core/channel.ts";
import { AppError, describeError } from "../core/errors.ts";

const maxAnswerChars = 4_096;

/** Has a part of ours talk with whoever sits at the other end of the socket; frames back are answers in plain text. */
export function serveDialogue(
  connection: SocketConnection,
  run: (dialogue: Dialogue, signal: AbortSignal) => Promise<void>,
): void {
  const gone = new AbortController();
  let waiting: PromiseWithResolvers<string> | undefined;
  const send = (frame: DialogueFrame): void => connection.send(JSON.stringify(frame));

  connection.onFrame((text) => {
    waiting?.resolve(text.slice(0, maxAnswerChars).trim());
    waiting = undefined;
  });
  connection.onClose(() => {
    gone.abort();
    waiting?.reject(new AppError("aborted", "The terminal has gone."));
  });

  const dialogue: Dialogue = {
    tell: (line) => send({ type: "tell", text: line }),
    ask(question) {
      gone.signal.throwIfAborted();
      waiting = Promise.withResolvers<string>();
      send({ type: "ask", text: question });
      return waiting.promise;
    },
  };
  run(dialogue, gone.signal)
    .then(
      () => send({ type: "end" }),
      (error: unknown) => {
        if (!gone.signal.aborted) send({ type: "end", problem: describeError(error) });
      },
    )
    .finally(() => connection.close(1000, "done"));
}
