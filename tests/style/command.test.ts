import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StyleProfile } from "../../src/core/style.ts";
import { createHome, type Home } from "../cli/program.ts";

let home: Home;
beforeAll(async () => {
  // No configuration that could be read: the command needs none.
  home = await createHome("channels: [this, is, no, configuration");
});
afterAll(() => home.remove());

const path = (name: string): string => join(home.folder, name);

async function write(name: string, lines: readonly string[]): Promise<string> {
  await writeFile(path(name), `${lines.join("\n")}\n`);
  return path(name);
}

const minute = (index: number): string => String(index % 60).padStart(2, "0");
const chat = Array.from({ length: 60 }, (_, index) =>
  index % 2 === 0
    ? `1.3.26, 09:${minute(index)} - Kim: so be it, no ${"x".repeat(1 + (index % 5))}`
    : `1.3.26, 09:${minute(index)} - Anna: My dear Kim! This Is How I Write; Always.`,
);
const lines = Array.from({ length: 25 }, (_, index) =>
  JSON.stringify({ at: `2026-03-01T09:${minute(index)}:00Z`, text: "yes, fine with me" }),
);

describe("parlance style learn", () => {
  it("finds out what the file is, says what it read and what is kept, and learns the owner alone", async () => {
    const from = await write("chat.txt", chat);
    const { status, err } = await home.run([
      "style",
      "learn",
      "--from",
      from,
      "--me",
      "Kim",
      "--out",
      path("kim.json"),
    ]);
    expect(status).toBe(0);
    expect(err).toContain("a chat of WhatsApp");
    expect(err).toContain("30 messages of yours");
    expect(err).toContain("30 messages of 1 other, not read");
    expect(err).toContain("No message, and nothing that others wrote");
    const profile = await readFile(path("kim.json"), "utf8");
    const { general } = JSON.parse(profile) as StyleProfile;
    expect([general.messages, general.greetings]).toEqual([30, []]);
    expect(general.shares["start"]?.["lower"]).toBeGreaterThan(0.9);
    expect(profile).not.toContain("dear");
  });

  it("learns nothing of anybody while it does not know who the owner is", async () => {
    const from = await write("unknown.txt", chat);
    const { status, err } = await home.run(["style", "learn", "--from", from, "--out", path("nobody.json")]);
    expect(status).not.toBe(0);
    expect(err).toMatch(/Anna: 30, Kim: 30/);
    expect(err).toContain("--me");
    await expect(readFile(path("nobody.json"))).rejects.toThrow(/ENOENT/);
  });

  it("reads several files, and names the lines that it cannot", async () => {
    const from = await write("own.jsonl", ["{broken", ...lines]);
    const more = await write("chat.txt", chat);
    const { status, err } = await home.run([
      "style",
      "learn",
      "--from",
      from,
      "--from",
      more,
      "--me",
      "Kim",
      "--channel",
      "signal",
      "--out",
      path("all.json"),
    ]);
    expect(status).toBe(0);
    expect(err).toContain(`${from}, line 1: This is no JSON`);
    expect(err).toContain("Learned from 55 messages, 1 left out");
  });

  it.each([
    [["--from", "nowhere.txt"], "cannot be read"],
    [["--from", "."], "it is a folder"],
    [["--from", "own.jsonl", "--kind", "diary"], 'no kind "diary"'],
    [["--from", "own.jsonl", "--kind", "slack"], "no ZIP archive"],
    [[], "--from is missing"],
  ])("refuses %j with a reason", async (args, reason) => {
    await write("own.jsonl", lines);
    const { status, err } = await home.run(["style", "learn", ...args, "--out", path("no.json")]);
    expect(status).not.toBe(0);
    expect(err).toContain(reason);
    expect(err).not.toContain("    at ");
  });
});

describe("parlance style show", () => {
  it("draws a profile", async () => {
    const from = await write("own.jsonl", lines);
    await home.run(["style", "learn", "--from", from, "--out", path("own.json")]);
    const { status, out } = await home.run(["style", "show", "--profile", path("own.json")]);
    expect(status).toBe(0);
    expect(out).toContain("25 messages");
    expect(out).toContain("█");
    for (const line of out.split("\n")) expect(line.length).toBeLessThanOrEqual(62);
  });
});
