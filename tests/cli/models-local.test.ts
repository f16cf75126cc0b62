import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { writeTinyGguf } from "../doubles/tiny-gguf.ts";
import { sha256Of, startFileServer } from "../models/files/file-server.ts";
import { createHome } from "./program.ts";

it("a pulled GGUF is found without any configuration, and answers", async () => {
  const server = await startFileServer();
  const home = await createHome("models: { aliases: {} }\n");
  const made = join(home.folder, "made.gguf");
  await writeTinyGguf(made, {});
  const content = await readFile(made);
  const ggufFile = { rfilename: "tiny-Q8_0.gguf", size: content.length, lfs: { sha256: sha256Of(content) } };
  server.put("/v2/own/tiny-GGUF/manifests/Q8_0", JSON.stringify({ ggufFile }));
  server.put("/own/tiny-GGUF/resolve/main/tiny-Q8_0.gguf", content);
  await writeFile(join(home.folder, ".env"), `MODEL_ENDPOINT=${server.url}\n`);

  const pulled = await home.run(["models", "pull", "hf:own/tiny-GGUF:Q8_0"]);
  expect(pulled).toMatchObject({ status: 0, out: expect.stringContaining("as the server says") });
  await server.close();
  const bench = await home.run(["models", "bench", "--json"]);
  expect(bench).toMatchObject({ status: 0, err: "" });
  expect(JSON.parse(bench.out)).toMatchObject({ model: "llama/hf:own/tiny-GGUF:Q8_0" });
  const { installed } = JSON.parse((await home.run(["models", "--json"])).out);
  expect(installed[0].usedAt).toBeGreaterThan(installed[0].installedAt);
  await home.remove();
});
