import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createToolContext, testTool } from "../contracts/tool.ts";
import { compilePlugin, compileWat, echo, echoTool, endless } from "../doubles/wasm-plugin.ts";
import { moduleUrl } from "./missing-package.ts";
import { createPluginPlace, type PluginPlace } from "./place.ts";

const says = (word: string) => ({
  call: (at: (text: string) => string) => `(call $say ${at(JSON.stringify({ text: word }))})`,
});
const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

let place: PluginPlace;
beforeEach(async () => (place = await createPluginPlace()));
afterEach(() => place.close());

describe("a plugin's file", () => {
  it("is loaded when it is the one that was agreed to, and no other", async () => {
    const bytes = await compilePlugin({ call: echo });
    await place.load(bytes, { sha256: hash(bytes).toUpperCase() });
    expect(place.plugins.states()[0]?.state).toMatchObject({ kind: "up", sha256: hash(bytes) });
    await place.load(await compilePlugin(says("another")), { sha256: hash(bytes) });
    expect(place.reason()).toContain("not the one that was agreed to");
    expect(place.plugins.tools()).toEqual([]);
  });

  it("says what is wrong with it, while others work", async () => {
    await place.put("good.wasm", await compilePlugin({ call: echo }));
    await place.put("text.wasm", "no module");
    await place.put("empty.wasm", await compileWat("(module)"));
    await place.put(
      "wants.wasm",
      await compileWat('(module (import "env" "steal" (func)) (func (export "describe")))'),
    );
    const files = ["good", "text", "empty", "wants", "gone"];
    await place.plugins.configure(Object.fromEntries(files.map((name) => [name, { file: `${name}.wasm` }])));
    await place.plugins.settled();
    const reasons = place.plugins
      .states()
      .map(({ name, state }) => `${name}: ${state.kind === "down" ? state.reason : state.kind}`);
    expect(reasons[0]).toBe("good: up");
    expect(reasons[1]).toContain("is not a WASM module");
    expect(reasons[2]).toContain('it has no function "describe"');
    expect(reasons[3]).toContain("steal");
    expect(reasons[4]).toMatch(/^gone: The file .*gone\.wasm does not exist/);
    expect((await place.tool("good_echo").run({ word: "tea" }, createToolContext())).text).toContain("tea");
    expect(place.logged).toHaveLength(4);
  });

  it("is read anew when it changes, and when it comes back", async () => {
    await place.load(says("one"));
    expect(await place.call()).toBe("one");
    await place.put("it.wasm", await compilePlugin(says("two")));
    await vi.waitFor(async () => expect(await place.call()).toBe("two"), { timeout: 20_000, interval: 100 });
    await rm(join(place.folder, "it.wasm"));
    await vi.waitFor(() => expect(place.reason()).toContain("does not exist"), { timeout: 20_000 });
    await place.put("it.wasm", await compilePlugin(says("three")));
    await vi.waitFor(async () => expect(await place.call()).toBe("three"), { timeout: 20_000, interval: 100 });
  });
});

describe("plugins", () => {
  it("come, change and go with the configuration; those that stay as they were are left alone", async () => {
    await place.put("a.wasm", await compilePlugin({ call: echo }));
    await place.plugins.configure({ one: { file: "a.wasm" }, two: { file: "a.wasm" } });
    await place.plugins.settled();
    const [one, two] = ["one_echo", "two_echo"].map((name) => place.tool(name));
    await place.plugins.configure({ one: { file: "a.wasm" }, two: { file: "a.wasm", effect: "read" } });
    await place.plugins.settled();
    expect(place.tool("one_echo")).toBe(one);
    expect(place.tool("two_echo")).not.toBe(two);
    expect(place.tool("two_echo").effect).toBe("read");
    await place.plugins.configure({ two: { file: "a.wasm", effect: "read" } });
    expect(place.plugins.tools().map(({ name }) => name)).toEqual(["two_echo"]);
  });

  it("that are taken away in the middle of a call end it", async () => {
    await place.load({ call: endless });
    const call = place.call();
    setTimeout(() => void place.plugins.configure({}), 100);
    await expect(call).rejects.toMatchObject({ code: "aborted" });
  });

  it("that nobody calls are let go of, and are there again for the next call", async () => {
    await place.close();
    place = await createPluginPlace({}, { idleMs: 50 });
    await place.load(says("here"));
    const isHeld = () => place.plugins.states()[0]?.isHeld;
    await vi.waitFor(() => expect(isHeld()).toBe(false));
    expect(await place.call()).toBe("here");
    await vi.waitFor(() => expect(isHeld()).toBe(false));
  });

  it("say what to install when their package is missing", async () => {
    await place.close();
    place = await createPluginPlace({}, { thread: moduleUrl });
    await place.load({ call: echo });
    expect(place.reason()).toBe('The package "@extism/extism" is not installed. Run: npm install @extism/extism');
  });

  it("do not take each other's names, nor show what cannot be seen", async () => {
    const hidden = { ...echoTool, description: "Says\u202e it\u200b all." };
    await place.load({ call: echo, tools: [hidden, { ...echoTool, name: "Echo" }] });
    expect(place.plugins.tools().map(({ name, description }) => [name, description])).toEqual([
      ["it_echo", "it: Says it all."],
    ]);
  });

  it("get of WASI what does no harm, and nothing of this machine", async () => {
    const wasi = (name: string, types: string) =>
      `(import "wasi_snapshot_preview1" "${name}" (func $${name} (param ${types}) (result i32)))`;
    // The digits: how many variables, the answers to opening a file and to a socket, whether the clock goes.
    await place.load({
      top: [
        wasi("environ_sizes_get", "i32 i32"),
        wasi("path_open", "i32 i32 i32 i32 i32 i64 i64 i32 i32"),
        wasi("sock_accept", "i32 i32 i32"),
        wasi("fd_prestat_get", "i32 i32"),
        wasi("clock_time_get", "i32 i64 i32"),
      ].join(""),
      call: () => `
        (drop (call $environ_sizes_get (i32.const 60000) (i32.const 60004)))
        (i32.store8 (i32.const 61000) (i32.add (i32.const 48) (i32.load (i32.const 60000))))
        (i32.store8 (i32.const 61001) (i32.add (i32.const 48) (i32.eqz (call $path_open (i32.const 3) (i32.const 0)
          (i32.const 0) (i32.const 0) (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 60000)))))
        (i32.store8 (i32.const 61002) (i32.add (i32.const 48)
          (i32.eqz (call $sock_accept (i32.const 3) (i32.const 0) (i32.const 60000)))))
        (i32.store8 (i32.const 61003) (i32.add (i32.const 48) (i32.eqz (call $fd_prestat_get (i32.const 3) (i32.const 60000)))))
        (drop (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 60000)))
        (i32.store8 (i32.const 61004) (i32.add (i32.const 48) (i64.gt_u (i64.load (i32.const 60000)) (i64.const 0))))
        (call $tell (call $block (i32.const 61000) (i32.const 5)))`,
    });
    expect(await place.call()).toBe("00001");
  });
});

describe("the contract of tools", async () => {
  const shared = await createPluginPlace();
  const idle = await createPluginPlace();
  await shared.load({ call: echo });
  await idle.load({ call: endless });
  testTool("a plugin's tool", {
    create: () => shared.tool(),
    good: [{ word: "tea" }, { word: "with *marks* in it" }],
    waiting: { create: () => idle.tool(), input: { word: "tea" } },
  });
  it("ends", async () => {
    await shared.close();
    await idle.close();
    expect(shared.plugins.tools()).toEqual([]);
  });
});
