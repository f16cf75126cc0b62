import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import type { WireEntry } from "../../../channels/webchat/protocol.ts";
import type { ChatState } from "../../web/dashboard/chat/chat-state.ts";
import { paint } from "../print.ts";
import { wrapLine } from "../text-width.ts";
import { completeCommand, guessCommand, leaving } from "./complete.ts";
import type { ChatConnection } from "./connect.ts";
import { createLiveText, type Terminal } from "./live-text.ts";
import { formatEntry, formatText } from "./message-lines.ts";

/** Lines that come within this time were pasted and are one message. */
const pasteMs = 20;
/** An answer's sign goes out a moment before the answer comes. */
const settleMs = 150;

export interface Tty {
  readonly input: NodeJS.ReadableStream;
  readonly output: Terminal & { on(event: "resize", listener: () => void): unknown };
}

/**
 * A conversation in the terminal, until Ctrl-D or /exit. While Parlance works, its answer is drawn in place of the
 * prompt; what is typed meanwhile is kept, and shown when the prompt is back.
 */
export async function talk(
  connection: ChatConnection,
  { input, output: stdout }: Tty = { input: process.stdin, output: process.stdout },
): Promise<number> {
  const live = createLiveText(stdout);
  const output = createGate(stdout);
  const shownTexts = new Map<string, string>();
  const own = new Set<string>();
  /** The answer being written, as far as it was drawn. */
  let drawn: ChatState["preview"];
  let isPrompting = false;
  let isStopping = false;
  let stopsAsked = 0;
  let isLeaving = false;
  let wasLost = false;
  let settleTimer: NodeJS.Timeout | undefined;
  let pasteTimer: NodeJS.Timeout | undefined;
  let typed: string[] = [];

  const readline = createInterface({
    input,
    output,
    terminal: true,
    historySize: 500,
    removeHistoryDuplicates: true,
    completer: (line: string) => completeCommand(line, openChoices(connection.state())),
  });
  readline.setPrompt("› ");

  function showPrompt(): void {
    if (isPrompting || isLeaving) return;
    live.clear();
    isPrompting = true;
    output.isOpen = true;
    readline.prompt(true);
  }

  function hidePrompt(): void {
    if (!isPrompting) return;
    const { rows } = readline.getCursorPos();
    stdout.write(`${rows > 0 ? `\u001b[${rows}A` : ""}\r\u001b[J`);
    isPrompting = false;
    output.isOpen = false;
  }

  /** Lines that stay, above whatever is at the bottom. */
  function print(lines: readonly string[]): void {
    const wasPrompting = isPrompting;
    hidePrompt();
    live.clear();
    stdout.write(lines.map((line) => `${line}\n`).join(""));
    if (wasPrompting) showPrompt();
  }

  function tell(text: string): void {
    print(wrapLine(text, live.columns()).map((line) => paint("dim", line)));
  }

  function showEntry(entry: WireEntry, isWorking: boolean): void {
    if (shownTexts.get(entry.id) === entry.text) return;
    shownTexts.set(entry.id, entry.text);
    if (own.has(entry.id)) return;
    if (entry.direction === "in") {
      if (stopsAsked > 0 && entry.text === "/stop") stopsAsked -= 1;
      else print([...formatText(`› ${entry.text}`, live.columns()), ""]);
      return;
    }
    if (drawn !== undefined && drawn.id !== entry.id && !isWorking) {
      // The answer was given up, as by "Stopped.": what was written so far stays.
      live.finish([...formatText(drawn.text, live.columns()), ""]);
    }
    const lines = [...formatEntry(entry, live.columns(), connection.filesUrl), ""];
    if (isPrompting || (isWorking && drawn?.id !== entry.id)) print(lines);
    else live.finish(lines);
    if (!isWorking || drawn?.id === entry.id) drawn = undefined;
  }

  function show(state: ChatState): void {
    if (isLeaving) return;
    if ((state.connection === "lost") !== wasLost) {
      wasLost = state.connection === "lost";
      tell(wasLost ? "The connection is lost; I try again. What you write is sent then." : "Connected again.");
    }
    for (const { id, problem } of state.pending) {
      if (problem === undefined || shownTexts.has(`problem ${id}`)) continue;
      shownTexts.set(`problem ${id}`, problem);
      tell(problem);
    }
    for (const entry of state.entries) showEntry(entry, state.isWorking);
    const { preview } = state;
    const isWaiting = state.pending.some(({ problem }) => problem === undefined);
    if (state.connection === "lost" || !(isWaiting || state.isWorking || preview !== undefined)) {
      settleTimer ??= setTimeout(onSettled, settleMs);
      return;
    }
    clearTimeout(settleTimer);
    settleTimer = undefined;
    hidePrompt();
    drawn = preview ?? drawn;
    const sign = paint("dim", isStopping ? "… stopping" : "… Ctrl-C stops");
    live.update([...(drawn === undefined ? [] : formatText(drawn.text, live.columns())), sign]);
  }

  function onSettled(): void {
    settleTimer = undefined;
    isStopping = false;
    drawn = undefined;
    showPrompt();
  }

  function sendTyped(): void {
    pasteTimer = undefined;
    if (typed.at(-1)?.endsWith("\\") === true) return;
    const text = typed
      .map((line) => line.replace(/\\$/, ""))
      .join("\n")
      .trim();
    typed = [];
    if (leaving.includes(text.replace(/^\//, "")) && text.startsWith("/")) return readline.close();
    const guess = guessCommand(text);
    if (guess !== undefined) tell(`There is no ${text.split(/\s/)[0]}. Did you mean /${guess}?`);
    if (text === "" || guess !== undefined) return onSettled();
    own.add(connection.send(text));
    show(connection.state());
  }

  readline.on("line", (line) => {
    // What was typed while an answer came was not echoed.
    if (!isPrompting && line.trim() !== "") print([`› ${line}`, ""]);
    else if (isPrompting && line.trim() !== "") stdout.write("\n");
    isPrompting = false;
    output.isOpen = false;
    typed.push(line);
    clearTimeout(pasteTimer);
    pasteTimer = setTimeout(sendTyped, pasteMs);
    if (line.endsWith("\\")) showPrompt();
  });

  readline.on("SIGINT", () => {
    const { isWorking, pending } = connection.state();
    if (!isPrompting && isStopping) return readline.close();
    if (!isPrompting && (isWorking || pending.length > 0 || live.isShown())) {
      isStopping = true;
      stopsAsked += 1;
      connection.stop();
      return show(connection.state());
    }
    typed = [];
    hidePrompt();
    readline.write(null, { ctrl: true, name: "e" });
    readline.write(null, { ctrl: true, name: "u" });
    tell("Ctrl-D leaves.");
    showPrompt();
  });

  const closed = new Promise<void>((resolve) => readline.once("close", resolve));
  const { model } = connection;
  print([
    `${paint("bold", "Parlance")}${model === undefined ? "" : paint("dim", model.isOffline ? "  no language model" : `  ${model.id}`)}`,
    ...wrapLine("/help lists commands, Tab completes them, Ctrl-C stops an answer, Ctrl-D leaves.", live.columns()).map(
      (line) => paint("dim", line),
    ),
    "",
  ]);
  connection.onChange(show);
  await closed;
  isLeaving = true;
  clearTimeout(settleTimer);
  clearTimeout(pasteTimer);
  hidePrompt();
  live.clear();
  stdout.write(`${paint("dim", `To go on: parlance chat --chat ${connection.chat}`)}\n`);
  return 0;
}

/** Commands that answer the questions shown last. */
function openChoices(state: ChatState): string[] {
  return state.entries.slice(-10).flatMap((entry) => (entry.choices ?? []).map(({ command }) => command));
}

/** Readline's way to the terminal, which can be shut while something else is drawn. */
function createGate(terminal: Tty["output"]): Writable & { isOpen: boolean } {
  const gate = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (state.isOpen) terminal.write(chunk.toString("utf8"));
      done();
    },
  });
  const state = Object.assign(gate, { isOpen: false, isTTY: true });
  Object.defineProperty(gate, "columns", { get: () => terminal.columns });
  Object.defineProperty(gate, "rows", { get: () => terminal.rows });
  terminal.on("resize", () => gate.emit("resize"));
  return state;
}
