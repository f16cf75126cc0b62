import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ServerFrame } from "../../channels/webchat/protocol.ts";
import type { ChatConnection } from "../../src/cli/chat/connect.ts";
import { talk } from "../../src/cli/chat/talk.ts";
import { applyFrame, emptyState, selectChat, type ChatState } from "../../src/web/dashboard/chat/chat-state.ts";
import { createScreen } from "./screen.ts";

const chat = "00000000-0000-4000-8000-000000000000";

/** A conversation at a terminal whose service is played by the test. */
function openTalk() {
  const screen = createScreen(100, 20);
  const input = new PassThrough();
  const sent: string[] = [];
  let stops = 0;
  let state: ChatState = { ...selectChat(emptyState, chat), connection: "open" };
  let listener: (state: ChatState) => void = () => undefined;

  function change(next: ChatState): void {
    state = next;
    listener(state);
  }

  const connection: ChatConnection = {
    chat,
    model: { id: "test-model", isOffline: false },
    filesUrl: "",
    state: () => state,
    stop: () => void (stops += 1),
    send(text) {
      sent.push(text);
      const id = `m${sent.length}`;
      change({ ...state, pending: [...state.pending, { id, chat, text, attachments: [], at: sent.length }] });
      return id;
    },
    onChange(next) {
      listener = next;
      next(state);
    },
    close: () => undefined,
  };

  const entry = (id: string, direction: "in" | "out", text: string): ServerFrame => ({
    type: "entry",
    chat,
    entry: { id, direction, senderName: "", text, attachments: [], at: 0 },
  });
  const ended = talk(connection, { input, output: screen });
  return {
    sent,
    stops: () => stops,
    ended,
    type: (text: string) => void input.write(text),
    receive: (frame: ServerFrame) => change(applyFrame(state, frame)),
    /** The service takes a message, and begins to work. */
    take(id: string, text: string): void {
      this.receive({ type: "typing", chat, on: true });
      this.receive(entry(id, "in", text));
    },
    preview: (id: string, text: string): ServerFrame => ({ type: "preview", chat, id, from: 0, text }),
    say(id: string, text: string): void {
      this.receive({ type: "typing", chat, on: false });
      this.receive(entry(id, "out", text));
    },
    lose: () => change({ ...state, connection: "lost", isWorking: false }),
    /** Below the greeting. */
    lines: () => screen.lines().slice(3),
  };
}

type Talk = ReturnType<typeof openTalk>;
let page: Talk;

const shows = (lines: readonly string[]): Promise<void> => vi.waitFor(() => expect(page.lines()).toEqual(lines));

describe("a conversation in the terminal", () => {
  beforeEach(async () => {
    page = openTalk();
    await shows(["›"]);
  });
  afterEach(async () => {
    page.type("\u0004");
    await page.ended;
  });

  it("draws the answer while it is written, and keeps what is typed meanwhile", async () => {
    page.type("hello\r");
    await vi.waitFor(() => expect(page.sent).toEqual(["hello"]));
    page.take("m1", "hello");
    page.receive(page.preview("a1", "One **tw"));
    await shows(["› hello", "", "One **tw", "… Ctrl-C stops"]);
    page.type("next");
    page.receive(page.preview("a1", "One **two** three"));
    await shows(["› hello", "", "One two three", "… Ctrl-C stops"]);
    page.say("a1", "One **two** three.");
    await shows(["› hello", "", "One two three.", "", "› next"]);
    page.type("\u0015");
  });

  it("sends pasted lines as one message", async () => {
    page.type("one\rtwo\rthree\r");
    await vi.waitFor(() => expect(page.sent).toEqual(["one\ntwo\nthree"]));
    page.take("m1", "one\ntwo\nthree");
    page.say("a1", "Thanks.");
    await vi.waitFor(() => expect(page.lines().slice(-3)).toEqual(["Thanks.", "", "›"]));
  });

  it("stops an answer by Ctrl-C, and keeps what was written of it", async () => {
    page.type("hello\r");
    await vi.waitFor(() => expect(page.sent).toHaveLength(1));
    page.take("m1", "hello");
    page.receive(page.preview("a1", "One"));
    page.type("\u0003");
    await shows(["› hello", "", "One", "… stopping"]);
    expect(page.stops()).toBe(1);
    page.receive({
      type: "entry",
      chat,
      entry: { id: "s", direction: "in", senderName: "", text: "/stop", attachments: [], at: 0 },
    });
    page.say("s2", "Stopped.");
    await shows(["› hello", "", "One", "", "Stopped.", "", "›"]);
  });

  it("shows what comes from elsewhere above the line being typed", async () => {
    page.type("half a li");
    await shows(["› half a li"]);
    page.say("x1", "News.");
    await shows(["News.", "", "› half a li"]);
    page.lose();
    await vi.waitFor(() => expect(page.lines().at(-1)).toBe("› half a li"));
    expect(page.lines()[2]).toContain("The connection is lost");
    page.type("\u0003");
    await vi.waitFor(() => expect(page.lines().at(-1)).toBe("›"));
    expect(page.stops()).toBe(0);
  });

  it("guesses mistyped commands instead of sending them", async () => {
    page.type("/stats\r");
    await shows(["› /stats", "", "There is no /stats. Did you mean /status?", "›"]);
    expect(page.sent).toEqual([]);
  });
});

it("leaves by /exit, too, and says how to go on", async () => {
  page = openTalk();
  page.type("/exit\r");
  expect(await page.ended).toBe(0);
  expect(page.lines().at(-1)).toContain(`--chat ${chat.slice(0, 8)}`);
});
