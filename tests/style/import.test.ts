import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StyleProfile } from "../../src/core/style.ts";
import { createStore, openDatabase } from "../../src/store/index.ts";
import { createHome, type Home } from "../cli/program.ts";

let home: Home;
beforeAll(async () => void (home = await createHome("channels: { web: { platform: webchat } }\n")));
afterAll(() => home.remove());

/** A chat of WhatsApp of the past days, every second message of Kim's. */
const minute = (index: number): string => String(index % 60).padStart(2, "0");
const lately = new Date(Date.now() - 3 * 86_400_000);
const day = `${lately.getDate()}.${lately.getMonth() + 1}.${String(lately.getFullYear()).slice(2)}`;
const chat = (count: number): string =>
  Array.from({ length: 2 * count }, (_, index) =>
    index % 2 === 0
      ? `${day}, 09:${minute(index)} - Kim: so be it, no ${"x".repeat(1 + index)}`
      : `${day}, 09:${minute(index)} - Anna: My dear Kim! This Is How I Write; Always.`,
  ).join("\n");

async function write(name: string, text: string): Promise<string> {
  await writeFile(join(home.folder, name), `${text}\n`);
  return name;
}

const run = (...args: readonly string[]) => home.run(["style", ...args]);
const json = async (...args: readonly string[]) => JSON.parse((await run(...args, "--json")).out);

async function rows() {
  const store = await createStore(await openDatabase(home.databasePath));
  try {
    return await store.cdc.ownMessages(1_000);
  } finally {
    await store.close();
  }
}

describe("parlance style import", () => {
  it("keeps nothing without consent, and says what it would keep and how to forget it", async () => {
    const from = await write("chat.txt", chat(12));
    const { status, out, err } = await run("import", from, "--me", "Kim");
    expect([status, out]).toEqual([1, ""]);
    for (const part of [
      "a chat of WhatsApp",
      "12 messages of yours",
      "for seven days",
      "style forget file:chat.txt",
      "--yes agrees",
    ])
      expect(err).toContain(part);
    expect(await rows()).toEqual([]);
    expect((await run("show")).out).toContain("you have not agreed");
    expect(await run("export")).toMatchObject({ status: 1, err: expect.stringContaining("Too little is known") });
  });

  it("takes the owner's own messages and nobody else's, and tells how many are missing", async () => {
    const { status, out } = await run("import", "chat.txt", "--me", "Kim", "--yes");
    expect([status, out]).toEqual([
      0,
      "file:chat.txt: 12 messages taken.\nToo little is known to be used: 12 of 20 messages.\n",
    ]);
    const kept = await rows();
    expect(kept).toHaveLength(12);
    expect(JSON.stringify(kept)).not.toContain("dear");
    expect((await run("show")).out).toMatch(/file:chat\.txt +12 +\d{4}-/);
  });

  it("adds only what is new of a chat that has grown, asks no second time, and uses it at once", async () => {
    await write("chat.txt", chat(28));
    const again = await run("import", "chat.txt", "--me", "Kim");
    expect(again.out).toBe(
      'file:chat.txt: 16 messages taken; left out: 12 there already.\nYour manner is known from 28 messages, and used from now on. "parlance style show" draws it.\n',
    );
    const copy = await write("copy.txt", chat(28));
    expect(await json("import", copy, "--me", "Kim")).toMatchObject({
      sources: [{ source: "file:copy.txt", added: 0, known: 28 }],
      total: 28,
      isKnown: true,
    });
    const exported = await run("export");
    const profile = JSON.parse(exported.out) as StyleProfile;
    expect(profile.general.messages).toBe(28);
    expect((await run("show")).out).toContain("28 messages, ");
    // What it exports is a profile like any other.
    await write("profile.json", exported.out);
    expect((await run("show", "--profile", "profile.json")).out).toContain("28 messages, ");
    const measured = await home.run(["style", "compare", "--json"], '["so be it, no xxx"]\n');
    expect(JSON.parse(measured.out)).toMatchObject({ inRange: true });
  });

  it("two at a time take nothing twice", async () => {
    await write(
      "notes.txt",
      Array.from({ length: 30 }, (_, index) => `note ${"y".repeat(index + 1)}, as said`).join("\n\n"),
    );
    const both = await Promise.all([run("import", "notes.txt"), run("import", "notes.txt")]);
    expect(both.some(({ status }) => status === 0)).toBe(true);
    for (const { status, err } of both) if (status !== 0) expect(err).toContain("right now");
    const notes = (await rows()).filter(({ source }) => source === "file:notes.txt");
    expect(new Set(notes.map(({ text }) => text)).size).toBe(notes.length);
    expect(notes.length).toBeGreaterThan(0);
  });

  it("forgets a source, and everything only when that is meant", async () => {
    expect(await run("forget", "chat.txt")).toMatchObject({
      status: 1,
      err: expect.stringContaining("file:chat.txt, file:notes.txt"),
    });
    expect(await run("forget", "file:notes.txt")).toMatchObject({ status: 0, out: "Forgotten: 30 messages.\n" });
    expect((JSON.parse((await run("export")).out) as StyleProfile).general.messages).toBe(28);
    expect(await run("forget")).toMatchObject({ status: 2, err: expect.stringContaining("--yes") });
    expect(await rows()).toHaveLength(28);
    expect(await json("forget", "--yes")).toEqual({ source: null, forgotten: 28 });
    expect(await rows()).toEqual([]);
    expect(await json("show")).toMatchObject({ sources: [], profile: null, consent: { by: "cli" } });
  });

  it("says what it cannot read", async () => {
    const ran = await Promise.all([
      run("import"),
      run("import", "--channel", "wbe"),
      run("import", "--channel", "web"),
      run("import", "nowhere.txt"),
      run("import", "chat.txt"),
      run("import", "--channel", "web", "--days", "0"),
    ]);
    expect(ran.map(({ status }) => status)).toEqual([2, 1, 1, 1, 2, 2]);
    expect(ran.map(({ err }) => err)).toEqual([
      expect.stringContaining("What shall be read?"),
      expect.stringContaining('Did you mean "web"?'),
      expect.stringContaining("webchat cannot be read"),
      expect.stringContaining("nowhere.txt cannot be read"),
      expect.stringContaining("--me ID"),
      expect.stringContaining("--days"),
    ]);
  });
});
