import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PullProgress } from "../../../src/models/files/index.ts";
import { createContent, sha256Of, startFileServer } from "./file-server.ts";
import { createTestStore, untilEnd, type TestStore } from "./store.ts";

const reference = "hf:owner/model-GGUF/model.gguf";
const path = "/owner/model-GGUF/resolve/main/model.gguf";
const content = createContent(300_000);

let store: TestStore;
beforeEach(async () => {
  store = await createTestStore();
  store.server.put(path, content);
});
afterEach(() => store.remove());

async function pulledContent(): Promise<Buffer> {
  return readFile(await store.open().resolveFile(reference, untilEnd));
}

const bodyBytes = (): number => store.server.requests.reduce((sum, { sentBytes }) => sum + sentBytes, 0);

describe("a pull", () => {
  it("installs a file under its sha256 and its name, and does so once", async () => {
    const files = store.open();
    const first = await files.pull(reference, { signal: untilEnd });
    expect(first).toMatchObject({
      wasInstalled: false,
      model: {
        reference,
        kind: "chat",
        files: [{ name: "model.gguf", sha256: sha256Of(content), bytes: content.length, trust: "first-use" }],
      },
    });
    expect(await store.list("blobs")).toEqual([`sha256-${sha256Of(content)}`]);
    expect(await store.list("parts")).toEqual([]);
    expect(await pulledContent()).toEqual(content);
    expect(await files.pull(reference, { signal: untilEnd })).toMatchObject({ wasInstalled: true });
    expect(store.server.requests).toHaveLength(1);
  });

  it("goes on where the connection broke, as often as it breaks", async () => {
    store.server.spoil(path, ...[100_000, 1, 0, 90_000].map((afterBytes) => ({ kind: "cut", afterBytes }) as const));
    await store.open().pull(reference, { signal: untilEnd });
    expect(await pulledContent()).toEqual(content);
    expect(store.waits).toHaveLength(4);
    expect(store.server.requests.slice(-3).map(({ headers }) => headers["if-range"] !== undefined)).toEqual([
      true,
      true,
      true,
    ]);
    // A piece that was being written when the connection broke is asked for once more.
    expect(bodyBytes()).toBeLessThan(content.length + 4 * store.server.habits.pieceBytes);
  });

  it("keeps what came when it is stopped, and goes on with it later", async () => {
    const stop = new AbortController();
    const onProgress = (progress: PullProgress): void => {
      if (progress.phase === "loading" && progress.doneBytes > 100_000) stop.abort();
    };
    store.server.habits.pieceMs = 5;
    const pulling = store.open().pull(reference, { signal: stop.signal, onProgress });
    await expect(pulling).rejects.toMatchObject({ code: "aborted" });
    const phases: string[] = [];
    await store.open().pull(reference, { signal: untilEnd, onProgress: ({ phase }) => phases.push(phase) });
    expect(await pulledContent()).toEqual(content);
    expect(phases[0]).toBe("checking");
    const from = /^bytes=(\d+)-$/.exec(store.server.requests.at(-1)?.headers.range ?? "")?.[1];
    expect(Number(from)).toBeGreaterThan(100_000);
  });

  it("begins anew when the file has changed meanwhile", async () => {
    const other = createContent(250_000, 7);
    store.server.spoil(path, { kind: "cut", afterBytes: 100_000 });
    const files = store.open({ wait: async () => store.server.put(path, other) });
    await files.pull(reference, { signal: untilEnd });
    expect(await pulledContent()).toEqual(other);
    expect(store.server.requests).toHaveLength(2);
  });

  it("understands a server that ignores Range, and loses nothing when it breaks off again", async () => {
    store.server.habits.ignoresRange = true;
    store.server.spoil(path, { kind: "cut", afterBytes: 200_000 }, { kind: "cut", afterBytes: 50_000 });
    const sizes: number[] = [];
    await store.open().pull(reference, {
      signal: untilEnd,
      onProgress: (progress) => {
        if (progress.phase === "retrying") sizes.push(progress.doneBytes);
      },
    });
    expect(await pulledContent()).toEqual(content);
    expect(sizes).toHaveLength(2);
    expect(sizes[1]).toBe(sizes[0]);
  });

  it("begins anew where nothing tells one version from another", async () => {
    store.server.habits.hasTags = false;
    store.server.spoil(path, { kind: "cut", afterBytes: 200_000 });
    await store.open().pull(reference, { signal: untilEnd });
    expect(await pulledContent()).toEqual(content);
    expect(store.server.requests.map(({ headers }) => headers.range)).toEqual([undefined, undefined]);
  });

  it("gives up a server that falls silent, and tries again", async () => {
    store.server.spoil(path, { kind: "silent", afterBytes: 100_000 });
    await store.open({ idleTimeoutMs: 500 }).pull(reference, { signal: untilEnd });
    expect(await pulledContent()).toEqual(content);
    expect(store.waits).toHaveLength(1);
  });

  it("waits as long as it is asked to, and not for ever", async () => {
    const busy = (seconds: string) => ({ kind: "status", status: 429, headers: { "retry-after": seconds } }) as const;
    store.server.spoil(path, busy("7"), { kind: "status", status: 503 });
    await store.open().pull(reference, { signal: untilEnd });
    expect(store.waits[0]).toBe(7_000);
    expect(store.waits).toHaveLength(2);

    store.server.put("/o/m/resolve/main/x.gguf", content);
    store.server.spoil("/o/m/resolve/main/x.gguf", busy("86400"));
    await expect(store.open().pull("hf:o/m/x.gguf", { signal: untilEnd })).rejects.toMatchObject({
      code: "rate-limited",
      retryAfterMs: 86_400_000,
    });
    expect(store.waits).toHaveLength(2);
  });

  it("stops trying when nothing comes of it", async () => {
    store.server.spoil(path, ...Array.from({ length: 50 }, () => ({ kind: "cut", afterBytes: 0 }) as const));
    await expect(store.open().pull(reference, { signal: untilEnd })).rejects.toMatchObject({ code: "unreachable" });
    expect(store.server.requests).toHaveLength(6);
  });
});

describe("what arrives", () => {
  it("is refused, and nothing of it kept, when its hash is not the expected one", async () => {
    store.server.put(path, content, { "x-linked-etag": `"${sha256Of("something else")}"` });
    await expect(store.open().pull(reference, { signal: untilEnd })).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining(sha256Of(content)),
    });
    expect(await store.list("blobs")).toEqual([]);
    await expect(store.open().resolveFile(reference, untilEnd)).rejects.toMatchObject({ code: "not-found" });
  });

  it("is fetched anew once when a part that lay there is to blame", async () => {
    const hash = `"${sha256Of(content)}"`;
    store.server.put(path, content, { "x-linked-etag": hash });
    store.server.spoil(path, { kind: "cut", afterBytes: 100_000 }, { kind: "status", status: 410 });
    await expect(store.open().pull(reference, { signal: untilEnd })).rejects.toMatchObject({ code: "not-found" });
    const [folder = "", part = ""] = await store.list("parts");
    const partPath = join(store.root, "parts", part);
    const bytes = await readFile(partPath);
    expect(bytes.length).toBeGreaterThan(10_000);
    bytes[5_000] = (bytes[5_000] ?? 0) ^ 1;
    await writeFile(partPath, bytes);
    await store.open().pull(reference, { signal: untilEnd });
    expect(folder).not.toBe("");
    expect(await pulledContent()).toEqual(content);
    expect(store.server.requests.map(({ headers }) => headers.range !== undefined)).toEqual([false, true, true, false]);
  });

  it("is no web page in the place of a file", async () => {
    store.server.put(path, "<html>Please log in</html>", { "content-type": "text/html; charset=utf-8" });
    await expect(store.open().pull(reference, { signal: untilEnd })).rejects.toMatchObject({ code: "conflict" });
  });

  it("must be as long as the list of files says", async () => {
    store.server.put("/v2/owner/model-GGUF/manifests/Q8_0", manifest("model.gguf", content));
    store.server.spoil(path, { kind: "length", bytes: 1_000 });
    await expect(store.open().pull("hf:owner/model-GGUF:q8_0", { signal: untilEnd })).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("1000 bytes"),
    });
  });

  it("must be the same at every later pull, where only the first one knew it", async () => {
    const files = store.open();
    await files.pull(reference, { signal: untilEnd });
    await files.pull(reference, { signal: untilEnd, again: true });
    store.server.put(path, createContent(300_000, 9));
    await expect(files.pull(reference, { signal: untilEnd, again: true })).rejects.toMatchObject({
      code: "conflict",
      hint: expect.stringContaining("models remove"),
    });
    expect(await pulledContent()).toEqual(content);
    await files.remove(reference, untilEnd);
    await files.pull(reference, { signal: untilEnd });
    expect(await pulledContent()).toEqual(createContent(300_000, 9));
  });

  it("is not begun where there is no room", async () => {
    const files = store.open({ freeBytes: async () => 256 * 1024 * 1024 + content.length - 1 });
    await expect(files.pull(reference, { signal: untilEnd })).rejects.toMatchObject({
      code: "store-failed",
      hint: expect.stringContaining("models gc"),
    });
    expect(await store.list("parts")).toEqual([expect.any(String), expect.stringMatching(/\.part$/)]);
    expect(
      await store
        .open({ freeBytes: async () => 256 * 1024 * 1024 + content.length })
        .pull(reference, { signal: untilEnd }),
    ).toMatchObject({ wasInstalled: false });
  });
});

describe("gated repositories", () => {
  it("say what to do without a token, and with one that may not", async () => {
    store.server.spoil(path, { kind: "status", status: 401 }, { kind: "status", status: 403 });
    await expect(store.open().pull(reference, { signal: untilEnd })).rejects.toMatchObject({
      code: "unauthorised",
      hint: expect.stringMatching(/Accept its licence at .*owner\/model-GGUF.*HF_TOKEN/),
    });
    await expect(store.open({ token: "hf_example" }).pull(reference, { signal: untilEnd })).rejects.toMatchObject({
      code: "forbidden",
      message: expect.stringContaining("HF_TOKEN"),
    });
    expect(store.waits).toEqual([]);
  });

  it("get the token, and other hosts do not", async () => {
    const elsewhere = await startFileServer();
    elsewhere.put("/cdn/blob", content);
    store.server.spoil(path, {
      kind: "redirect",
      to: `${elsewhere.url}/cdn/blob`,
      headers: { "x-linked-etag": `"${sha256Of(content)}"` },
    });
    const files = store.open({ token: "hf_example", allowedHosts: [store.server.host, elsewhere.host] });
    expect((await files.pull(reference, { signal: untilEnd })).model.files[0]?.trust).toBe("server");
    expect(store.server.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer hf_example"]);
    expect(elsewhere.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    await elsewhere.close();
  });
});

describe("without the network", () => {
  it("nothing is asked for, and what is missing is named", async () => {
    const files = store.open({ isOffline: true });
    await expect(files.pull("qwen3-embedding-0.6b", { signal: untilEnd })).rejects.toMatchObject({
      code: "forbidden",
      message: expect.stringMatching(/Qwen3-Embedding.*model\.onnx, tokenizer\.json, config\.json/),
    });
    await store.open().pull(reference, { signal: untilEnd });
    const before = store.server.requests.length;
    expect(await files.pull(reference, { signal: untilEnd })).toMatchObject({ wasInstalled: true });
    expect(store.server.requests).toHaveLength(before);
  });
});

function manifest(name: string, bytes: Buffer): string {
  const sha256 = sha256Of(bytes);
  return JSON.stringify({ ggufFile: { rfilename: name, size: bytes.length, lfs: { sha256, size: bytes.length } } });
}
