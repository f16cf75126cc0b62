import { mkdir, readFile, readdir, symlink } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { confinedFiles } from "../../src/join-plugins.ts";
import { isDeclaredHost } from "../../src/plugins/hosts.ts";
import { relay } from "../doubles/wasm-plugin.ts";
import { createPluginPlace, type PluginPlace } from "./place.ts";

let place: PluginPlace;
beforeEach(async () => {
  place = await createPluginPlace({
    "https://api.example.org/inwards": { status: 302, headers: { location: "https://inner.example.org/" } },
    "https://api.example.org/away": { status: 302, headers: { location: "https://other.example.net/" } },
  });
});
afterEach(() => place.close());

describe("hosts", () => {
  const ask = async (url: string, hosts?: readonly string[]) => {
    await place.load({ call: relay("http", { url }) }, hosts === undefined ? {} : { hosts });
    return JSON.parse(await place.call()) as {
      readonly status?: number;
      readonly body?: string;
      readonly error?: string;
    };
  };

  it("are reached where they were declared, with a row in the ledger, and nowhere else", async () => {
    expect(await ask("https://api.example.org/data", ["api.example.org"])).toMatchObject({ status: 200, body: "ok" });
    expect((await ask("https://other.example.net/", ["api.example.org"])).error).toContain("not among those declared");
    expect((await ask("https://api.example.org/data")).error).toContain("not among those declared");
    expect(place.reached).toEqual(["api.example.org"]);
    expect(place.ledger.map(({ outcome, turnId }) => [outcome, turnId])).toEqual([
      ["allowed", "turn-1"],
      ["refused", "turn-1"],
      ["refused", "turn-1"],
    ]);
  });

  it("are refused when they are private, or a redirect leads to one, or to one that was not declared", async () => {
    const hosts = ["api.example.org", "inner.example.org", "127.0.0.1"];
    expect((await ask("https://inner.example.org/", hosts)).error).toContain("not on the public internet");
    expect((await ask("https://127.0.0.1/", hosts)).error).toContain("not on the public internet");
    expect((await ask("https://api.example.org/inwards", hosts)).error).toContain("not on the public internet");
    expect((await ask("https://api.example.org/away", hosts)).error).toContain("not among those declared");
    expect(new Set(place.reached)).toEqual(new Set(["api.example.org"]));
    expect(place.ledger.filter(({ outcome }) => outcome === "refused")).toHaveLength(4);
  });

  it("cannot be reached by Extism's own HTTP either, except through the dispatcher", async () => {
    let connections = 0;
    const server = createServer((_request, response) => response.end("secret")).on(
      "connection",
      () => (connections += 1),
    );
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    const parts = (url: string) => ({
      call: (at: (text: string) => string) =>
        `(call $tell (call $extism_http (call $block ${at(JSON.stringify({ url, method: "GET" }))}) (i64.const 0)))`,
    });
    try {
      await place.load(parts(`http://127.0.0.1:${port}/`), { hosts: ["127.0.0.1"] });
      await expect(place.call()).rejects.toThrow("is not opened");
      await place.load(parts("https://other.example.net/"), { hosts: ["api.example.org"] });
      await expect(place.call()).rejects.toThrow("not among those declared");
      await place.load(parts("https://api.example.org/"), { hosts: ["api.example.org"] });
      expect(await place.call()).toBe("ok");
      expect(connections).toBe(0);
      expect(place.ledger.map(({ outcome }) => outcome)).toEqual(["refused", "refused", "allowed"]);
    } finally {
      server.close();
    }
  });

  it("match by whole names, and below a star", () => {
    const label = fc.stringMatching(/^[a-z0-9]{1,8}$/);
    const name = fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join("."));
    fc.assert(
      fc.property(name, label, label, (host, below, other) => {
        expect(isDeclaredHost(host.toUpperCase(), [`${host}.`])).toBe(true);
        expect(isDeclaredHost(`${below}.${host}`, [`*.${host}`])).toBe(true);
        expect(isDeclaredHost(`${other}.${below}.${host}`, [`*.${host}`])).toBe(true);
        expect(isDeclaredHost(host, [`*.${host}`])).toBe(false);
        expect(isDeclaredHost(`${below}${host}`, [host, `*.${host}`])).toBe(false);
        expect(isDeclaredHost(`${below}.${host}`, [host])).toBe(false);
        expect(isDeclaredHost(`${host}.${below}x`, [host, `*.${host}`])).toBe(false);
        expect(isDeclaredHost("", ["", "*."])).toBe(false);
        expect(isDeclaredHost(host, [])).toBe(false);
      }),
    );
  });
});

describe("keys", () => {
  const tell = (key: string) => ({
    call: (at: (text: string) => string) =>
      `(local $found i64) (local.set $found (call $config (call $block ${at(key)})))
       (if (i64.eqz (local.get $found)) (then (call $say ${at('{"text": "nothing"}')})) (else (call $tell (local.get $found))))`,
  });

  it("are read by name when they were declared, and only then", async () => {
    const keys = { REGION: "north" };
    await place.load(tell("REGION"), { keys });
    expect(await place.call()).toBe("north");
    for (const other of ["PATH", "HOME", "constructor", "__proto__"]) {
      await place.load(tell(other), { keys });
      expect(await place.call()).toBe("nothing");
    }
  });

  it("do not come back out in an answer, an error, a log or the ledger", async () => {
    const keys = { API_KEY: "tea-and-biscuits-77" };
    await place.load(tell("API_KEY"), { keys });
    expect(await place.call()).toBe("[redacted]");
    const failing = (text: string) => ({
      call: (at: (text: string) => string) => `(call $error (call $block ${at(text)})) unreachable`,
    });
    await place.load({ call: (at) => `(call $say ${at('{"error": "bad key tea-and-biscuits-77"}')})` }, { keys });
    await expect(place.call()).rejects.toMatchObject({ code: "tool-failed", message: "bad key [redacted]" });
    await place.load({ call: (at) => `(call $error (call $block ${at("no tea-and-biscuits-77")}))` }, { keys });
    await expect(place.call()).rejects.toThrow('The plugin "it" failed: Plugin-originated error: no [redacted].');
    await place.load(failing("tea-and-biscuits-77"), { keys });
    const error = await place.call().catch((reason: unknown) => reason);
    expect(String(error)).not.toContain("biscuits");
    const url = "https://api.example.org/v1/tea-and-biscuits-77/list";
    await place.load({ call: relay("http", { url }) }, { keys, hosts: ["api.example.org"] });
    expect(JSON.parse(await place.call())).toMatchObject({ status: 200 });
    expect(JSON.stringify([place.ledger, place.logged])).not.toContain("biscuits");
  });
});

describe("folders", () => {
  const folders = { notes: { path: "notes", access: "read" }, out: { path: "out", access: "write" } } as const;
  const ask = async (name: "read" | "write" | "list", input: object) => {
    await place.load({ call: relay(name, input) }, { folders });
    return JSON.parse(await place.call()) as Record<string, unknown>;
  };
  beforeEach(async () => {
    await place.put("notes/today.md", "tea at five");
    await place.put("notes/deep/more.md", "more");
    await place.put("secret.txt", "the secret");
    await symlink(join(place.folder, "secret.txt"), join(place.folder, "notes/link"));
    await symlink(place.folder, join(place.folder, "notes/up"));
  });

  it("are read, listed and written as they were declared", async () => {
    expect(await ask("read", { folder: "notes", path: "today.md" })).toEqual({ text: "tea at five" });
    expect(await ask("list", { folder: "notes" })).toEqual({
      files: [
        { path: "deep", kind: "folder" },
        { path: "link", kind: "other" },
        { path: "today.md", kind: "file" },
        { path: "up", kind: "other" },
      ],
      isCut: false,
    });
    expect(await ask("write", { folder: "out", path: "a/b.txt", text: "hello" })).toEqual({ bytes: 5 });
    expect(await readFile(join(place.folder, "out/a/b.txt"), "utf8")).toBe("hello");
    expect(await ask("write", { folder: "out", path: "a/b.txt", text: "again" })).toEqual({
      error: "There is such a file already.",
    });
    expect(await ask("write", { folder: "out", path: "a/b.txt", base64: "AP8=", replace: true })).toEqual({ bytes: 2 });
    expect(await ask("read", { folder: "out", path: "a/b.txt" })).toEqual({ base64: "AP8=" });
  });

  it("are not left, not written to where they may only be read, and not there when nobody declared them", async () => {
    const paths = ["../secret.txt", "deep/../../secret.txt", join(place.folder, "secret.txt"), "link", "up/secret.txt"];
    for (const path of paths) {
      expect(Object.keys(await ask("read", { folder: "notes", path }))).toEqual(["error"]);
      expect(Object.keys(await ask("write", { folder: "out", path: `${path}/../../x`, text: "x" }))).toEqual(["error"]);
    }
    expect(await ask("write", { folder: "notes", path: "new.md", text: "x" })).toEqual({
      error: 'The folder "notes" may only be read.',
    });
    expect(await ask("read", { folder: "constructor", path: "today.md" })).toEqual({
      error: 'No folder "constructor" was declared for this plugin.',
    });
    expect(await ask("list", { folder: "out" })).toEqual({ error: "The declared folder does not exist." });
    expect((await readdir(place.folder)).toSorted()).toEqual(["it.wasm", "notes", "secret.txt"]);
  });

  it("never give what lies outside, whatever the path", async () => {
    await mkdir(join(place.folder, "notes/sub"), { recursive: true });
    const root = join(place.folder, "notes");
    const part = fc.constantFrom(
      "..",
      ".",
      "",
      "sub",
      "deep",
      "link",
      "up",
      "secret.txt",
      "notes",
      "%2e%2e",
      "~",
      "\\..",
      "\u0000",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 7 }), fc.boolean(), async (parts, isAbsolute) => {
        const path = `${isAbsolute ? "/" : ""}${parts.join("/")}`;
        const found = await confinedFiles.read(root, path).then(String, () => "refused");
        expect(found).not.toContain("the secret");
      }),
      { numRuns: 300 },
    );
  });
});
