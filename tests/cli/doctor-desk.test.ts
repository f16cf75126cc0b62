import { access } from "node:fs/promises";
import { afterEach, describe, expect, it } from "vitest";
import { createStore, openDatabase } from "../../src/store/index.ts";
import { observeMessage } from "../../src/style/learn.ts";
import { createHome, type Home } from "./program.ts";

let home: Home | undefined;
afterEach(() => home?.remove());

interface Found {
  readonly name: string;
  readonly state: string;
  readonly detail: string;
  readonly hint?: string;
}

async function look(config: object | Home): Promise<Record<string, Found>> {
  if ("run" in config) home = config;
  else {
    await home?.remove();
    home = await createHome(JSON.stringify(config));
  }
  const { out } = await home.run(["doctor", "--json"]);
  const { findings } = JSON.parse(out) as { readonly findings: readonly Found[] };
  return Object.fromEntries(findings.map((finding) => [finding.name, finding]));
}

const web = { platform: "webchat" };
const telegram = { platform: "telegram", token: "123456:abcdefghijklmnopqrstuvwxyz-ABCDEF" };

describe("doctor, of what is done in the owner's name", () => {
  it("says nothing of it where nothing is watched, and makes no database to find that out", async () => {
    const found = await look({ channels: { web } });
    expect(found["watching"]).toMatchObject({ state: "skipped", hint: expect.stringContaining("`reply`") });
    expect(Object.keys(found)).not.toContain("owner");
    expect(Object.keys(found)).not.toContain("manner");
    await expect(access(home?.databasePath ?? "")).rejects.toThrow("ENOENT");
  });

  it("says which channels are watched and how, and where that is not what it looks like", async () => {
    const found = await look({
      channels: {
        web,
        a: { ...web, reply: { quietHours: "22:00-07:00" } },
        b: { ...web, reply: { action: "auto" } },
        c: { ...web, mode: "listen" },
        d: { ...web, mode: "off", reply: { action: "auto" } },
      },
    });
    expect(found["watching"]).toMatchObject({
      state: "ok",
      detail: [
        "a: answers are drafted and wait for you; quiet from 22:00 to 07:00",
        "b: low and normal messages are answered in your name, for the others you are asked",
        "c: what comes is kept, and told in digests",
      ].join("\n"),
    });
    const held = await look({ channels: { web, a: { ...web, mode: "listen", reply: { action: "auto" } } } });
    expect(held["watching"]).toMatchObject({
      state: "warning",
      detail: "a: answers are drafted and wait for you",
      hint: expect.stringContaining("mode listen"),
    });
  });

  it.each([
    ["no account of theirs is named", {}, { web }, "warning", "page (web) only: owner.ids names no account"],
    ["their channel can write first", { ids: ["tg:42"] }, { web, tg: telegram }, "ok", "as tg:42"],
    [
      "their channel only listens",
      { ids: ["tg:42"] },
      { web, tg: { ...telegram, mode: "listen" } },
      "warning",
      "page (web) only",
    ],
    [
      "their channel is not there",
      { ids: ["web:owner"] },
      { web: { ...web, mode: "off" } },
      "warning",
      "cannot be told",
    ],
  ])("says whether the owner can be told: %s", async (_, owner, channels, state, detail) => {
    const found = await look({ owner, channels, digests: { morning: { when: "daily 08:00" } } });
    expect(found["owner"]).toMatchObject({ state, detail: expect.stringContaining(detail) });
    expect(found["owner"]?.hint === undefined).toBe(state === "ok");
  });

  it("says when digests are due", async () => {
    const found = await look({
      owner: { timeZone: "UTC" },
      channels: { web },
      digests: { morning: { when: "daily 08:00", to: "web:owner" } },
    });
    expect(found["digests"]).toMatchObject({
      state: "ok",
      detail: expect.stringMatching(/^morning: next at \d{4}-\d\d-\d\d 08:00, to web:owner$/),
    });
    const never = await look({ channels: { web }, digests: { morning: { when: "daily 25:00" } } });
    expect(never["digests"]).toMatchObject({ state: "broken", detail: "never due: morning" });
  });

  it("says whether the owner's manner is known", async () => {
    const found = await look({ channels: { web, a: { ...web, reply: {} } } });
    expect(found["manner"]).toMatchObject({
      state: "warning",
      detail: expect.stringContaining("0 of 20"),
      hint: expect.stringContaining("style import"),
    });
    const store = await createStore(await openDatabase(home?.databasePath ?? ""));
    const observation = observeMessage({ text: "as ever", at: 5 });
    if (observation === undefined || home === undefined) throw new Error("nothing to look at");
    const rows = Array.from({ length: 25 }, () => ({ source: "file:a", text: "as ever", at: Date.now(), observation }));
    await store.write(async ({ cdc }) => {
      await cdc.addOwnMessages(rows, Date.now() + 60_000);
      await cdc.setFact("style.profile", { version: 1 });
    });
    await store.close();
    expect((await look(home))["manner"]).toMatchObject({
      state: "ok",
      detail: expect.stringMatching(/25 messages; nothing is learned/),
    });
  });
});
