import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createFakeEmbeddings, type FakeEmbeddings } from "../doubles/fake-embeddings.ts";
import { createHome, type Home } from "./program.ts";

const about = "Hives and honey, swarms, and what bees do in each month of the year.";
let home: Home;
let embeddings: FakeEmbeddings | undefined;
afterEach(async () => {
  await embeddings?.close();
  embeddings = undefined;
  await home.remove();
});

async function begin(isConfigured: boolean): Promise<void> {
  embeddings = await createFakeEmbeddings("openai", 256);
  const alias = `{ provider: openai-compatible, model: fake, dimensions: 256, baseUrl: "${embeddings.url}/v1", apiKey: none }`;
  home = await createHome(
    isConfigured ? `models: { aliases: { meaning: ${alias} } }\nmemory: { embedder: meaning }\n` : "{}\n",
  );
  await mkdir(join(home.folder, "personas"));
  await writeFile(
    join(home.folder, "personas", "beekeeper.md"),
    `---\ndescription: ${about}\nwhen: { words: varroa! }\n---\n\nAnswer.\n`,
  );
}

async function pick(...said: readonly string[]) {
  const { status, out, err } = await home.run(["personas", "pick", "--json"], said.join("\n"));
  return {
    status,
    err,
    picked: out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown),
  };
}

describe("personas pick", () => {
  it("goes by rules first, then by meaning where an embedder is configured, and says which", async () => {
    await begin(true);
    const { status, err, picked } = await pick("How do I treat varroa?", about, "/persona general is set now");
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(picked).toEqual([
      { persona: "beekeeper", reason: "you said “varroa”" },
      {
        persona: "beekeeper",
        reason: "it is close in meaning to “Hives and honey, swarms, and what bees do in each month of …”",
      },
      { persona: "general", reason: "no other persona is made for it" },
    ]);
    // All descriptions in one call, then the one message that no rule fits.
    expect(embeddings?.asked.map(({ texts }) => texts.length)).toEqual([expect.any(Number), 1]);
  });

  it("leaves to general what no rule fits where there is no embedder, or where it fails, and tells so", async () => {
    await begin(false);
    expect((await pick(about)).picked).toEqual([{ persona: "general", reason: "no other persona is made for it" }]);
    expect(embeddings?.asked).toEqual([]);
    await home.remove();
    await embeddings?.close();
    await begin(true);
    embeddings?.set({ status: 401, body: "{}" });
    const { status, err, picked } = await pick(about);
    expect(status).toBe(0);
    expect(err).toMatch(/^Meaning is left out: /);
    expect(picked).toEqual([{ persona: "general", reason: "no other persona is made for it" }]);
  });
});
