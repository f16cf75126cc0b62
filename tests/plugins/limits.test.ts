import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createToolContext } from "../contracts/tool.ts";
import { compileWat, echo, endless, relay } from "../doubles/wasm-plugin.ts";
import { createPluginPlace, type PluginPlace } from "./place.ts";

let place: PluginPlace;
beforeEach(async () => (place = await createPluginPlace()));
afterEach(() => place.close());

describe("a plugin", () => {
  it("offers its tools under its name, runs with the configured effect, and answers as text from outside", async () => {
    await place.load({ call: echo });
    const tool = place.tool();
    expect(tool).toMatchObject({ name: "it_echo", effect: "execute", inputSchema: { type: "object" } });
    const { text, isOutside } = await tool.run({ word: "tea" }, createToolContext({ idempotencyKey: "k-7" }));
    expect(JSON.parse(text)).toEqual({ tool: "echo", input: { word: "tea" }, callId: "k-7" });
    expect(isOutside).toBe(true);
    await place.load({ call: echo }, { effect: "read" });
    expect(place.tool().effect).toBe("read");
  });

  it("starts afresh with each call, and two calls at once do not meet", async () => {
    await place.load({
      top: "(global $count (mut i32) (i32.const 48))",
      call: (at) =>
        `(global.set $count (i32.add (global.get $count) (i32.const 1)))
         (i32.store8 (i32.const 60000) (global.get $count))
         ${at("")} drop drop (call $tell (call $block (i32.const 60000) (i32.const 1)))`,
    });
    expect(await Promise.all(Array.from({ length: 12 }, () => place.call()))).toEqual(Array(12).fill("1"));
  });
});

describe("limits", () => {
  it("end an endless loop, while the event loop turns and others work", async () => {
    await place.load({ call: endless }, { timeoutMs: 400 });
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 10);
    await expect(place.call()).rejects.toMatchObject({
      code: "timeout",
      message: 'The plugin "it" took longer than 0.4 s and was stopped.',
      hint: "It may or may not have taken effect.",
    });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(5);
  });

  it("end a description that never comes", { timeout: 40_000 }, async () => {
    await place.load(await compileWat('(module (func (export "describe") (loop $again (br $again))))'), {
      timeoutMs: 100,
    });
    expect(place.reason()).toBe('The plugin "it" took longer than 10 s and was stopped.');
  });

  it("end a call that is stopped", async () => {
    await place.load({ call: endless });
    const stop = new AbortController();
    const call = place.call({ signal: stop.signal });
    setTimeout(() => stop.abort(), 100);
    await expect(call).rejects.toMatchObject({ code: "aborted" });
  });

  it("hold its memory, wherever it takes it", async () => {
    const full = { code: "too-large", message: 'The plugin "it" needed more than the 8 MB of memory it may have.' };
    const grow = "(loop $again (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable";
    await place.load({ call: () => grow }, { memoryMb: 8 });
    await expect(place.call()).rejects.toMatchObject(full);
    await place.load(
      { call: () => "(loop $again (drop (call $alloc (i64.const 100000))) (br $again))" },
      { memoryMb: 8 },
    );
    await expect(place.call()).rejects.toMatchObject(full);
    await place.load({ call: echo, memory: "200" }, { memoryMb: 8 });
    expect(place.reason()).toContain("13 MB of memory from the start");
    await place.load({ call: echo, memory: "100 40000" }, { memoryMb: 8 });
    expect(JSON.parse(await place.call())).toMatchObject({ tool: "echo" });
  });

  it("hold its tables, and refuse objects that lie in the heap of the process", async () => {
    const grow =
      "(loop $again (br_if $again (i32.ne (table.grow $t (ref.null extern) (i32.const 9999)) (i32.const -1)))) unreachable";
    await place.load({ call: () => grow, top: "(table $t 1 externref)" });
    await expect(place.call()).rejects.toMatchObject({ code: "tool-failed" });
    // An array type of the GC proposal.
    const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
    await place.load(Uint8Array.from([...header, 1, 7, 2, 0x5e, 0x78, 1, 0x60, 0, 0]));
    expect(place.reason()).toContain("GC proposal");
  });

  it("turn a trap, garbage and far too much into an error, and go on", async () => {
    const failures: [call: string, message: string][] = [
      ["unreachable", 'The plugin "it" failed: unreachable.'],
      ["(call $say AT)", 'The plugin "it" failed: its answer is not JSON.'],
      ["", 'The plugin "it" failed: it answered with nothing.'],
      ["(call $output (call $alloc (i64.const 10000000)) (i64.const 10000000))", "more than 4 MB"],
      [
        "(drop (call $load (i64.const -1)))(drop (call $length (i64.const -9)))(call $output (i64.const -1) (i64.const 1))",
        "failed",
      ],
    ];
    for (const [call, message] of failures) {
      await place.load({ call: (at) => call.replace("AT", at("no json")) });
      await expect(place.call()).rejects.toMatchObject({
        code: "tool-failed",
        message: expect.stringContaining(message),
      });
    }
    await place.load({ call: (at) => `(call $say ${at('{"text": 7}')})` });
    await expect(place.call()).rejects.toThrow("neither a text nor an error");
    await place.load({ call: echo });
    expect(JSON.parse(await place.call())).toMatchObject({ tool: "echo" });
  });

  it("cut a long text", async () => {
    const long = JSON.stringify({ text: "x".repeat(25_000) });
    await place.load({ call: (at) => `(call $say ${at(long)})` });
    const text = await place.call();
    expect(text).toHaveLength(20_000);
    expect(text).toMatch(/\[cut here\]$/);
  });

  it("end a flood of calls to functions of ours", async () => {
    await place.load({
      call: (at) => `(loop $again (drop (call $list (call $block ${at("{}")}))) (br $again))`,
    });
    await expect(place.call()).rejects.toThrow("more than 1000 functions");
  });

  it("refuse a description that is none", async () => {
    for (const tools of [{}, [], [{ name: "no name", description: "x", input: { type: "object" } }]]) {
      await place.load({ call: echo, tools });
      expect(place.reason()).toContain("does not describe its tools");
    }
    expect(place.plugins.tools()).toEqual([]);
    await place.load({
      call: relay("http", { url: "https://api.example.org/" }),
      tools: [
        {
          name: "a",
          description: "b",
          input: { type: "object", properties: { x: { description: "y".repeat(9_000) } } },
        },
      ],
    });
    expect(place.reason()).toContain("too many words");
  });
});
