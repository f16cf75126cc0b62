import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findFreePort } from "../doubles/free-port.ts";
import { createHome, type Home } from "./program.ts";

let home: Home;
const memory = (...args: readonly string[]) => home.run(["memory", ...args]);
const search = async (queries: readonly string[], ...options: readonly string[]) => {
  const { out } = await home.run(["memory", "search", "--json", ...options], `${queries.join("\n")}\n`);
  return out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { query: string; results: { id: string; score: number; text: string }[] });
};

beforeAll(async () => {
  const port = await findFreePort();
  home = await createHome(
    `http: { port: ${port} }\nmodels: { aliases: { quiet: { provider: offline } } }\nchannels: { web: { platform: webchat } }\n`,
  );
});
afterAll(() => home.remove());

describe("parlance memory", () => {
  it("imports lines, names the bad ones with their numbers, and the same again changes nothing", async () => {
    const lines = [
      { id: "kraken", text: "The kraken is released in May.", at: "2026-05-01T10:00:00Z", speaker: "Ada" },
      { id: "tea", text: "Green tea at four.", at: 1_777_000_000_000, scope: "person:web:owner" },
      { id: "late" },
      { id: "odd", text: "x", at: 1, scope: "everybody" },
    ].map((line) => JSON.stringify(line));
    await writeFile(join(home.folder, "notes.jsonl"), [lines[0], "{broken", "", ...lines.slice(1)].join("\n"));
    const first = await memory("import", "notes.jsonl", "--json");
    expect(first.status).toBe(1);
    expect(JSON.parse(first.out)).toEqual({
      imported: 2,
      bad: [
        { line: 2, reason: "not JSON" },
        { line: 5, reason: "`text` is missing" },
        { line: 6, reason: '`scope` must be "team", "person:<id>" or "conversation:<id>"' },
      ],
    });
    await memory("import", "notes.jsonl");
    const stats = JSON.parse((await memory("stats", "--json")).out) as object;
    expect(stats).toMatchObject({ byLayer: { assets: 2 }, index: { rows: 2, behind: 0 } });
    expect((await memory("import", "none.jsonl")).err).toContain("cannot be read");
  });

  it("answers each line of standard input with a line, within the scopes asked for", async () => {
    const answers = await search(["When is the kraken released?", "green tea", "zebra"], "-k", "3");
    expect(answers.map(({ query }) => query)).toEqual(["When is the kraken released?", "green tea", "zebra"]);
    expect(answers.map(({ results }) => results[0]?.id)).toEqual(["kraken", "tea", undefined]);
    expect(answers[0]?.results[0]?.score).toBeGreaterThan(0);
    const [team] = await search(["green tea"], "--scope", "team");
    expect(team?.results).toEqual([]);
    expect((await memory("search", "green", "tea")).out).toContain("Green tea at four.");
    expect((await memory("search", "--scope", "nobody", "x")).status).toBe(2);
  });

  it("works beside the running service, which goes on with its index", async () => {
    await home.start();
    const more = JSON.stringify({ id: "fresh", text: "The quokka smiles.", at: 1_777_000_000_001 });
    await writeFile(join(home.folder, "more.jsonl"), more);
    expect((await memory("import", "more.jsonl")).status).toBe(0);
    expect((await search(["quokka"]))[0]?.results[0]?.id).toBe("fresh");
    const doctor = await home.run(["doctor", "--json"]);
    expect(doctor.out).toContain("searched by words alone");
  });

  it("adds documents with their places, exports what it can import, and forgets", async () => {
    await mkdir(join(home.folder, "docs"));
    await writeFile(join(home.folder, "docs", "handbook.md"), "# Holidays\n\nThirty days of holiday a year.\n");
    expect((await memory("add", "docs")).out).toContain("1 document taken in (1 piece)");
    expect((await memory("search", "days", "of", "holiday")).out).toContain("handbook.md, Holidays");
    expect((await memory("export", "all.jsonl")).out).toContain("4 records");
    const copy = await createHome("channels: {}\n");
    try {
      await writeFile(join(copy.folder, "all.jsonl"), await readFile(join(home.folder, "all.jsonl")));
      expect((await copy.run(["memory", "import", "all.jsonl"])).out).toContain("4 imported.");
      expect((await copy.run(["memory", "search", "kraken"])).out).toContain("Ada");
      expect((await copy.run(["memory", "rebuild", "--json"])).out).toContain('"rows": 4');
      expect((await copy.run(["memory", "export"])).out).toBe((await memory("export")).out);
    } finally {
      await copy.remove();
    }
    expect((await memory("forget", "kraken")).out).toContain("Forgotten.");
    expect((await memory("forget", "kraken")).err).toContain("Nothing is remembered");
    expect((await search(["kraken"]))[0]?.results).toEqual([]);
  });
}, 120_000);
