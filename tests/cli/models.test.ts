import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { measure } from "../../src/cli/models/bench.ts";
import { createProgressPrinter, formatLine } from "../../src/cli/models/progress.ts";
import { createFakeOpenAi } from "../doubles/fake-openai.ts";
import { createScriptedModel } from "../doubles/scripted-model.ts";
import { createContent, sha256Of, startFileServer, type FileServer } from "../models/files/file-server.ts";
import { createHome, type Home } from "./program.ts";
import { createScreen } from "./screen.ts";

const reference = "hf:owner/model-GGUF/model.gguf";
const path = "/owner/model-GGUF/resolve/main/model.gguf";
const content = createContent(1_500_000, 5);

let home: Home;
let server: FileServer;
beforeAll(async () => {
  server = await startFileServer();
  server.put(path, content);
  home = await createHome("models: { aliases: { own: { provider: llama, model: ./m.gguf } } }\n");
  // As MODEL_ENDPOINT of the environment would be: these tests give the program no environment of theirs.
  await writeFile(join(home.folder, ".env"), `MODEL_ENDPOINT=${server.url}\nHF_TOKEN=hf_only_for_this_test\n`);
});
afterAll(async () => {
  await home.remove();
  await server.close();
});

const json = async (...args: string[]) => JSON.parse((await home.run([...args, "--json"])).out);

describe("models", { timeout: 120_000 }, () => {
  it("lists nothing, pulls, lists it, verifies, removes", async () => {
    const empty = await json("models");
    expect(empty).toMatchObject({ installed: [], aliases: [{ alias: "own", provider: "llama", model: "./m.gguf" }] });
    expect(empty.registry.map(({ name }: { name: string }) => name)).toContain("qwen3-0.6b");

    const pulled = await home.run(["models", "pull", reference]);
    expect(pulled.status).toBe(0);
    expect(pulled.out).toContain(`sha256 ${sha256Of(content)} (not known beforehand`);
    expect(pulled.err.trim().split("\n").length).toBeLessThan(20);
    expect(pulled.err).toContain("100%");
    expect(server.requests.at(-1)?.headers.authorization).toBe("Bearer hf_only_for_this_test");

    const again = await json("models", "pull", reference);
    expect(again).toMatchObject({ reference, wasInstalled: true });
    expect(await json("models", "list")).toMatchObject({
      installed: [{ name: reference, kind: "chat", bytes: content.length }],
    });
    expect((await home.run(["models"])).out).toMatch(/hf:owner\/model-GGUF\/model\.gguf +chat +1\.5 MB +never/);

    expect(await home.run(["models", "verify"])).toMatchObject({ status: 0, out: expect.stringContaining("✔") });
    const file = join(home.folder, "models", "files", again.slug, "model.gguf");
    await writeFile(file, Buffer.alloc(content.length));
    const broken = await home.run(["models", "verify"]);
    expect(broken).toMatchObject({ status: 1, out: expect.stringContaining(`pull ${reference} --again`) });
    expect(await home.run(["models", "pull", reference, "--again"])).toMatchObject({ status: 0 });
    expect(await readFile(file)).toEqual(content);

    expect(await json("models", "remove", reference)).toMatchObject({ removedBytes: content.length });
    expect((await json("models")).installed).toEqual([]);
  });

  it("says what is not understood", async () => {
    const [near, unknown, action, missing] = await Promise.all([
      home.run(["models", "pull", "qwen3-0.7b"]),
      home.run(["models", "pull", "no/such"]),
      home.run(["models", "lst"]),
      home.run(["models", "pull"]),
    ]);
    expect(near).toMatchObject({ status: 1, err: expect.stringContaining('Did you mean "qwen3-0.6b"?') });
    expect(unknown).toMatchObject({ status: 2, err: expect.stringContaining("hf:") });
    expect(action).toMatchObject({ status: 2, err: expect.stringContaining('Did you mean "list"?') });
    expect(missing).toMatchObject({ status: 2, err: expect.stringContaining("missing") });
  });

  it("gives a model a name of one's own", async () => {
    const added = await json("models", "add", "mine", "hf:o/r-Reranker:q4_k_m");
    expect(added).toEqual({ name: "mine", reference: "hf:o/r-Reranker:Q4_K_M", kind: "reranker" });
    expect(await home.run(["models", "add", "mine", reference, "--kind", "chat"])).toMatchObject({ status: 0 });
    const { registry } = await json("models");
    expect(registry.filter(({ name }: { name: string }) => name === "mine")).toMatchObject([
      { reference, kind: "chat" },
    ]);
    const [kind, name, file] = await Promise.all([
      home.run(["models", "add", "mine", reference, "--kind", "cat"]),
      home.run(["models", "add", "My Model", reference]),
      home.run(["models", "add", "mine", "./m.gguf"]),
    ]);
    expect(kind).toMatchObject({ status: 2, err: expect.stringContaining("chat, embedding, reranker") });
    expect(name).toMatchObject({ status: 1, err: expect.stringContaining("small letters") });
    expect(file).toMatchObject({ status: 1, err: expect.stringContaining("Hugging Face or to a URL") });
  });

  it("removes what nothing needs only when told to", async () => {
    await mkdir(join(home.folder, "models", "blobs"), { recursive: true });
    await writeFile(join(home.folder, "models", "blobs", `sha256-${"1".repeat(64)}`), "left over");
    expect(await home.run(["models", "gc"])).toMatchObject({ status: 2, err: expect.stringContaining("--yes") });
    expect(await json("models", "gc")).toMatchObject({ foundBytes: 9, removedBytes: 0 });
    expect(await home.run(["models", "gc", "--yes"])).toMatchObject({
      status: 0,
      out: expect.stringContaining("Removed; 9 B are free again."),
    });
    expect((await home.run(["models", "gc"])).out).toContain("nothing to remove");
  });

  it("stops at Ctrl-C, says so, and goes on at the next pull", async () => {
    const release = server.hold(path, content.length / 2);
    const main = fileURLToPath(new URL("../../bin/parlance.js", import.meta.url));
    const child = spawn(process.execPath, [main, "models", "pull", reference], {
      cwd: home.folder,
      env: { PATH: process.env["PATH"], HOME: home.folder, PARLANCE_HOME: home.folder, TZ: "UTC" },
    });
    let err = "";
    let isStopped = false;
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      err += text;
      if (!isStopped && / [3-9]\d%/.test(err)) isStopped = child.kill("SIGINT");
    });
    const [status] = (await once(child, "close")) as [number | null];
    release();
    expect(status).toBe(1);
    expect(err).toContain("Stopped; what came is kept.");
    expect(err).toContain(`parlance models pull ${reference}`);
    const before = server.requests.length;
    expect(await json("models", "pull", reference)).toMatchObject({ wasInstalled: false });
    const from = /^bytes=(\d+)-$/.exec(server.requests[before]?.headers.range ?? "")?.[1];
    expect(Number(from)).toBeGreaterThan(content.length * 0.3);
  });
});

describe("without a configured model", { timeout: 120_000 }, () => {
  it("a GGUF in the store is found, and downloads can be switched off", async () => {
    const bare = await createHome("models: { offline: true, aliases: {} }\n");
    await writeFile(join(bare.folder, ".env"), `MODEL_ENDPOINT=${server.url}\n`);
    const before = server.requests.length;
    expect(await bare.run(["models", "pull", reference])).toMatchObject({
      status: 1,
      err: expect.stringContaining("downloads are switched off"),
    });
    expect(server.requests).toHaveLength(before);
    await writeFile(join(bare.folder, "parlance.yaml"), "models: { aliases: {} }\n");
    await bare.run(["models", "pull", reference]);
    const { findings } = JSON.parse((await bare.run(["doctor", "--json"])).out);
    const model = findings.find(({ name }: { name: string }) => name === "model");
    expect(`${model.detail} ${model.hint ?? ""}`).toContain(reference);
    await bare.remove();
  });
});

describe("progress", () => {
  const at = (doneBytes: number) => ({ phase: "loading", file: "m.gguf", doneBytes, totalBytes: 1_000 }) as const;

  it("is one line on a terminal, which is gone at the end", () => {
    const screen = Object.assign(createScreen(60, 5), { isTTY: true });
    let now = 1_000;
    const printer = createProgressPrinter(screen, () => now);
    for (const bytes of [0, 100, 250, 1_000]) {
      printer.show(at(bytes));
      now += 500;
      expect(screen.lines()).toHaveLength(1);
    }
    expect(screen.lines()[0]).toMatch(/^m\.gguf {2}█{24} {2}100%/);
    printer.close();
    expect(screen.lines()).toEqual([]);
  });

  it("is a line for each tenth elsewhere", () => {
    const screen = createScreen(200, 100);
    const printer = createProgressPrinter(screen);
    for (let bytes = 0; bytes <= 1_000; bytes += 1) printer.show(at(bytes));
    expect(screen.lines()).toHaveLength(11);
  });

  it("says what is waited for", () => {
    expect(
      formatLine({ phase: "waiting", pid: 42, of: { file: "m.gguf", doneBytes: 5, totalBytes: 10 } }, undefined),
    ).toMatch(/^Process 42 fetches it already: m\.gguf {2}█{12}░{12} {2}50%/);
    expect(formatLine(at(500), 100)).toContain("100 B/s  5 s left");
  });
});

describe("measuring", { timeout: 120_000 }, () => {
  it("counts the prompt until the first token and the answer after it, leaving the cached part out", async () => {
    const model = createScriptedModel([
      { text: ["a", "b", "c"], usage: { inputTokens: 1_100, outputTokens: 21, cachedTokens: 100 } },
    ]);
    const times = [0, 2_000, 2_500, 3_000, 3_100];
    const speed = await measure(model, new AbortController().signal, () => times.shift() ?? Number.NaN);
    expect(speed).toMatchObject({
      firstTokenMs: 2_000,
      totalMs: 3_100,
      promptTokensPerSecond: 500,
      tokensPerSecond: 20,
    });
    expect(model.requests[0]).toMatchObject({ maxTokens: 128, tools: [] });
  });

  it("asks with a prompt that no cache knows from the run before", async () => {
    const model = createScriptedModel(["one", "two"]);
    await measure(model, new AbortController().signal);
    await measure(model, new AbortController().signal);
    expect(model.requests[0]?.system).not.toBe(model.requests[1]?.system);
    expect(model.requests[0]?.messages).toEqual(model.requests[1]?.messages);
  });

  it("is done by the command, for a configured model, over its provider's own way", async () => {
    const fake = await createFakeOpenAi({
      mode: "slow",
      text: "Once upon a time there was a pump.",
      chunks: 4,
      delayMs: 20,
    });
    const bare = await createHome(
      `models: { aliases: { fast: { provider: openai-compatible, model: m, baseUrl: "${fake.url}" } } }\n`,
    );
    const speed = JSON.parse((await bare.run(["models", "bench", "fast", "--json"])).out);
    expect(speed).toMatchObject({ model: "openai-compatible/m", usage: { outputTokens: expect.any(Number) } });
    expect(speed.firstTokenMs).toBeLessThan(speed.totalMs);
    expect(speed.tokensPerSecond).toBeGreaterThan(0);
    expect(fake.stats.requests).toBe(1);
    expect((await bare.run(["models", "bench"])).out).toMatch(/first token +\d+ ms\nprompt +[\d.]+ tokens\/s/);
    expect(await bare.run(["models", "bench", "fats"])).toMatchObject({
      status: 1,
      err: expect.stringContaining('Did you mean "fast"?'),
    });
    await writeFile(join(bare.folder, "parlance.yaml"), "models: { aliases: { none: { provider: offline } } }\n");
    expect(await bare.run(["models", "bench"])).toMatchObject({
      status: 1,
      err: expect.stringContaining("models pull"),
    });
    await bare.remove();
    await fake.close();
  });

  it("says why there is nothing to measure", async () => {
    const failing = createScriptedModel([{ error: { message: "The key is not accepted.", reason: "rejected" } }]);
    await expect(measure(failing, new AbortController().signal)).rejects.toMatchObject({
      code: "model-failed",
      message: "The key is not accepted.",
    });
  });
});
