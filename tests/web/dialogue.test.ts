import { expect, it } from "vitest";
import type { Dialogue, DialogueFrame, SocketConnection } from "../../src/core/channel.ts";
import { AppError, isAppError } from "../../src/core/errors.ts";
import { serveDialogue } from "../../src/web/dialogue.ts";

/** A terminal that gives these answers, and hangs up when they have run out. */
function talk(run: (dialogue: Dialogue, signal: AbortSignal) => Promise<void>, ...answers: readonly string[]) {
  const frames: DialogueFrame[] = [];
  const left = [...answers];
  let answer: (text: string) => void = () => undefined;
  let hangUp: () => void = () => undefined;
  return new Promise<readonly DialogueFrame[]>((resolve) => {
    const connection: SocketConnection = {
      person: { id: "web:owner", name: "Ada", isBot: false },
      bufferedBytes: () => 0,
      onFrame: (listener) => void (answer = listener),
      onClose: (listener) => void (hangUp = listener),
      close: () => resolve(frames),
      send(text) {
        const frame = JSON.parse(text) as DialogueFrame;
        frames.push(frame);
        if (frame.type !== "ask") return;
        const next = left.shift();
        setTimeout(() => (next === undefined ? hangUp() : answer(next)), 0);
      },
    };
    serveDialogue(connection, run);
  });
}

it("tells, asks, and says when it is done", async () => {
  const heard: string[] = [];
  const frames = await talk(
    async ({ tell, ask }) => {
      tell("Compare these.");
      heard.push(await ask("Do they match?"), await ask("Sure?"));
    },
    " yes ",
    "no",
  );
  expect(heard).toEqual(["yes", "no"]);
  expect(frames).toEqual([
    { type: "tell", text: "Compare these." },
    { type: "ask", text: "Do they match?" },
    { type: "ask", text: "Sure?" },
    { type: "end" },
  ]);
});

it("says why it did not end well", async () => {
  const frames = await talk(() => Promise.reject(new AppError("aborted", "They did not match.")));
  expect(frames).toEqual([{ type: "end", problem: "They did not match." }]);
});

it("ends when the terminal goes, and tells the part", async () => {
  let isGone = false;
  const frames = await talk(async ({ ask }, signal) => {
    await ask("Anybody there?").catch((error: unknown) => {
      isGone = signal.aborted && isAppError(error, "aborted");
    });
  });
  expect(isGone).toBe(true);
  expect(frames[0]).toEqual({ type: "ask", text: "Anybody there?" });
});
