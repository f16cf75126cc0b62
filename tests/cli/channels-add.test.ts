import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { createFakeTelegram, type FakeTelegram } from "../doubles/fake-telegram.ts";
import { findFreePort } from "../doubles/free-port.ts";
import { createHome, type Home } from "./program.ts";

const token = "123456:abc-def";
let telegram: FakeTelegram;
let home: Home;
const read = (name: string): Promise<string> => readFile(join(home.folder, name), "utf8");
const add = (args: readonly string[], ...answers: readonly string[]) =>
  home.run(["channels", "add", ...args], answers.map((answer) => `${answer}\n`).join(""));

beforeEach(async () => {
  telegram = await createFakeTelegram({ token });
  home = await createHome(
    `# mine\nhttp: { port: ${await findFreePort()} }\nlog: { level: error }\nchannels:\n  web: # the page\n    platform: webchat\n\nagent: { maxSteps: 5 } # few\n`,
  );
});
afterEach(async () => {
  await home.remove();
  await telegram.stop();
});

describe("channels add", () => {
  it("asks, tries, keeps the secret apart, and leaves the rest of the file as it was", async () => {
    const before = await read("parlance.yaml");
    const { status, out } = await add(["telegram"], token, telegram.url);
    expect(out).toContain("@parlance_bot");
    expect(status).toBe(0);
    const after = await read("parlance.yaml");
    expect(after).not.toContain("abc-def");
    expect(after).toContain("token: ${TELEGRAM_TOKEN}");
    expect(after.replace(/ {2}telegram:\n(?: {4}.*\n)+/, "")).toBe(before);
    expect(await read(".env")).toBe(`TELEGRAM_TOKEN='${token}'\n`);
    expect((await stat(join(home.folder, ".env"))).mode & 0o077).toBe(0);
    expect((await home.run(["config", "check"])).status).toBe(0);
  });

  it("is taken over by a service that runs, which then answers there", async () => {
    await home.start();
    expect((await add(["telegram"], token, telegram.url)).status).toBe(0);
    telegram.say({ from: 7, text: "hello" });
    while (telegram.sent.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(telegram.sent[0]?.text).toContain("I don't know you yet");
  });

  it("says what is wrong and asks again", async () => {
    const { status, out } = await add(["telegram", "--name", "work"], "123456:wrong", telegram.url, "y", token, "");
    expect(out).toContain("Telegram does not know this bot token");
    expect(status).toBe(0);
    expect(await read(".env")).toBe(`WORK_TOKEN='${token}'\n`);
    expect(await read("parlance.yaml")).toContain("token: ${WORK_TOKEN}");
  });

  it("changes nothing when it is given up, whatever was typed", async () => {
    const before = await read("parlance.yaml");
    for (const answers of [[token], ["nonsense", telegram.url, "n", "n"]]) {
      const { status, err } = await add(["telegram"], ...answers);
      expect(status).toBe(1);
      expect(err).toContain("nothing was changed");
    }
    expect(await read("parlance.yaml")).toBe(before);
    await expect(read(".env")).rejects.toThrow("ENOENT");
    await expect(read("parlance.yaml.new")).rejects.toThrow("ENOENT");
  });

  it("asks who may write where nobody can ask to be let in, and for STARTTLS", async () => {
    const mailbox = ["ada@example.org, bob@example.org", "127.0.0.1", "1", "starttls", "bot", "pw"];
    const post = ["127.0.0.1", "587", "starttls", "bot", "pw"];
    const { status } = await add(["email"], "bot@example.org", ...mailbox, ...post, "n", "y");
    expect(status).toBe(0);
    const { channels } = parse(await read("parlance.yaml")) as { channels: Record<string, unknown> };
    expect(channels["email"]).toMatchObject({
      allow: ["ada@example.org", "bob@example.org"],
      imap: { port: 1, secure: "starttls" },
      smtp: { port: 587, secure: "starttls" },
    });
    expect((await add(["webhook"], "a-secret-of-the-caller", "", "ci")).status).toBe(0);
    expect(await read("parlance.yaml")).toMatch(/platform: webhook\n(?: {4}.*\n)* {4}allow:\n {6}- ci\n/);
    expect((await home.run(["config", "check"])).status).toBe(0);
  });

  it("takes no name twice, and no platform that does not exist", async () => {
    expect((await add(["webchat", "--name", "web"])).err).toContain("There is a channel");
    const unknown = await add(["telegramm"]);
    expect([unknown.status, unknown.err]).toEqual([2, expect.stringContaining('Did you mean "telegram"?')]);
  });
});
