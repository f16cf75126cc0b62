import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pickQuant } from "../../../src/models/files/hugging-face.ts";
import { createContent, sha256Of } from "./file-server.ts";
import { createTestStore, untilEnd, type TestStore } from "./store.ts";

let store: TestStore;
beforeEach(async () => {
  store = await createTestStore();
});
afterEach(() => store.remove());

function putRepository(repository: string, files: Readonly<Record<string, Buffer>>, revision = "main"): void {
  for (const [path, content] of Object.entries(files))
    store.server.put(`/${repository}/resolve/${revision}/${path}`, content);
  const siblings = Object.entries(files).map(([rfilename, content]) => ({
    rfilename,
    size: content.length,
    lfs: { sha256: sha256Of(content), size: content.length },
  }));
  store.server.put(`/api/models/${repository}?blobs=true`, JSON.stringify({ siblings }));
}

describe("a quantisation of a repository", () => {
  const content = createContent(5_000);

  it("is found by its manifest, which must be asked for as llama.cpp does", async () => {
    putRepository("o/m-GGUF", { "m-Q8_0.gguf": content });
    const ggufFile = { rfilename: "m-Q8_0.gguf", size: content.length, lfs: { sha256: sha256Of(content) } };
    store.server.put("/v2/o/m-GGUF/manifests/Q8_0", JSON.stringify({ ggufFile }));
    const { model } = await store.open().pull("hf:o/m-GGUF:q8_0", { signal: untilEnd });
    expect(model).toMatchObject({ reference: "hf:o/m-GGUF:Q8_0", files: [{ name: "m-Q8_0.gguf", trust: "server" }] });
    expect(store.server.requests.map(({ path }) => path)).toEqual([
      "/v2/o/m-GGUF/manifests/Q8_0",
      "/o/m-GGUF/resolve/main/m-Q8_0.gguf",
    ]);
    expect(store.server.requests[0]?.headers["user-agent"]).toContain("llama-cpp");
  });

  it("is found by the names of files where a mirror has no manifests", async () => {
    putRepository("o/m", { "m.Q4_K_M.gguf": content, "m.Q4_K_S.gguf": createContent(9), "readme.txt": content });
    const { model } = await store.open().pull("hf:o/m:Q4_K_M", { signal: untilEnd });
    expect(model.files.map(({ name }) => name)).toEqual(["m.Q4_K_M.gguf"]);
    await expect(store.open().pull("hf:o/m:Q2_K", { signal: untilEnd })).rejects.toMatchObject({
      code: "not-found",
      hint: expect.stringContaining("m.Q4_K_S.gguf"),
    });
  });

  it("comes with all its parts, the first one first", async () => {
    const parts = ["3", "1", "2"].map(
      (n) => [`q/m-Q8_0-0000${n}-of-00003.gguf`, createContent(100, Number(n))] as const,
    );
    putRepository("o/m", { ...Object.fromEntries(parts), "m-Q4_0.gguf": content });
    store.server.put(
      "/v2/o/m/manifests/Q8_0",
      JSON.stringify({ ggufFile: { rfilename: "q/m-Q8_0-00001-of-00003.gguf" } }),
    );
    const path = await (async () => {
      await store.open().pull("hf:o/m:Q8_0", { signal: untilEnd });
      return store.open().resolveFile("hf:o/m:Q8_0", untilEnd);
    })();
    expect(path).toMatch(/m-Q8_0-00001-of-00003\.gguf$/);
    expect(await readFile(path)).toEqual(createContent(100, 1));
    expect((await readdir(join(path, ".."))).length).toBe(3);
  });

  it("is told apart from others whose names are near", () => {
    const files = ["m-Q4_K_M.gguf", "m-IQ4_K_M.gguf", "mmproj-Q4_K_S.gguf", "m.q4_k_s.gguf"].map((path) => ({ path }));
    expect(pickQuant(files, undefined, "Q4_K_S").map(({ path }) => path)).toEqual(["m.q4_k_s.gguf"]);
    expect(pickQuant(files, undefined, "latest").map(({ path }) => path)).toEqual(["m-Q4_K_M.gguf"]);
    expect(pickQuant(files, undefined, "Q4_K")).toEqual([]);
  });
});

describe("what a server says about files", () => {
  it("cannot lead out of the store", async () => {
    for (const rfilename of ["../../evil.gguf", "a/../../b.gguf", "..", ".hidden.gguf"]) {
      store.server.put("/v2/o/m/manifests/Q8_0", JSON.stringify({ ggufFile: { rfilename } }));
      await expect(store.open().pull("hf:o/m:Q8_0", { signal: untilEnd })).rejects.toMatchObject({ code: "conflict" });
    }
    expect(await store.list("parts")).toEqual([]);
  });
});

describe("a model of several files", () => {
  it("lies in one folder under the names that its registry entry gives", async () => {
    const repository = "onnx-community/Qwen3-Reranker-0.6B-ONNX";
    const files = {
      "onnx/model_int8.onnx": createContent(70_000, 2),
      "tokenizer.json": Buffer.from("{}"),
      "config.json": Buffer.from('{"a":1}'),
    };
    putRepository(repository, files);
    const { model } = await store.open().pull("qwen3-reranker-0.6b", { signal: untilEnd });
    expect(model).toMatchObject({ reference: `hf:${repository}`, kind: "reranker" });
    for (const name of ["qwen3-reranker-0.6b", `hf:${repository}`]) {
      const folder = await store.open().resolveFolder(name, untilEnd);
      expect((await readdir(folder)).toSorted()).toEqual(["config.json", "model.onnx", "tokenizer.json"]);
      expect(await readFile(join(folder, "model.onnx"))).toEqual(files["onnx/model_int8.onnx"]);
    }
  });

  it("fetches only what is missing after it was stopped", async () => {
    putRepository("onnx-community/Qwen3-Reranker-0.6B-ONNX", {
      "onnx/model_int8.onnx": createContent(70_000, 2),
      "tokenizer.json": Buffer.from("{}"),
      "config.json": Buffer.from("{}"),
    });
    const tokenizer = "/onnx-community/Qwen3-Reranker-0.6B-ONNX/resolve/main/tokenizer.json";
    store.server.spoil(tokenizer, { kind: "status", status: 403 });
    const files = store.open();
    await expect(files.pull("qwen3-reranker-0.6b", { signal: untilEnd })).rejects.toMatchObject({ code: "forbidden" });
    await files.pull("qwen3-reranker-0.6b", { signal: untilEnd });
    const sent = store.server.requests.filter(({ path }) => path.endsWith(".onnx")).map(({ sentBytes }) => sentBytes);
    expect(sent).toEqual([70_000, 0]);
  });
});
