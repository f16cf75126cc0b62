import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { createFakeTelegram } from "../doubles/fake-telegram.ts";
import { startEchoModel } from "./echo-model.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const token = "1:kill-test";
const people = [1001, 1002, 1003, 1004];
/** Where the process dies, one life after the other; the last life goes on to the end. */
const lives = [
  ["before-commit", 1],
  ["after-commit", 1],
  ["in-model-call", 2],
  ["between-steps", 1],
  ["between-steps", 2],
  ["after-preview", 1],
  ["before-send", 1],
  ["after-send", 1],
  ["after-preview", 2],
  ["after-send", 3],
  ["before-commit", 3],
  ["between-steps", 3],
  undefined,
] as const;

it("answers each Telegram message once, wherever the process dies", { timeout: 240_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "parlance-points-"));
  const model = await startEchoModel({ minMs: 1, maxMs: 10 });
  const telegram = await createFakeTelegram({ token });
  const counts = join(folder, "counts");
  await writeFile(counts, "");
  await writeFile(
    join(folder, "parlance.yaml"),
    `owner: { ids: [${people.map((id) => `"tg:${id}"`).join(", ")}] }
http: { port: 0 }
models: { aliases: { echo: { provider: openai-compatible, baseUrl: "${model.url}", model: echo, apiKey: none } } }
channels: { tg: { platform: telegram, token: "${token}", apiRoot: "${telegram.url}", pollSeconds: 1 } }
log: { level: error }
`,
  );
  const said: Array<{ person: number; mark: string; tool: boolean }> = [];
  const deaths: string[] = [];
  let child: ChildProcess | undefined;
  try {
    for (const [index, life] of lives.entries()) {
      child = spawn(
        process.execPath,
        [
          "tests/e2e/kill-child.ts",
          join(folder, "parlance.yaml"),
          counts,
          ...(life === undefined ? [] : life.map(String)),
        ],
        {
          cwd: root,
          env: { ...process.env, PARLANCE_HOME: folder },
          stdio: ["ignore", "ignore", "inherit"],
        },
      );
      const death = new Promise<NodeJS.Signals | null>((resolve) =>
        child?.once("exit", (_code, signal) => resolve(signal)),
      );
      for (const person of people) {
        const mark = `p${person}-${index};`;
        const tool = (person + index) % 2 === 0;
        said.push({ person, mark, tool });
        telegram.say({
          from: person,
          chat: person,
          text: `${mark} ${tool ? `tool:count_once:id-${person}-${index}` : ""} ${life?.[0] === "after-preview" ? "slowly" : ""}`,
        });
      }
      if (life === undefined) await untilAllAnswered();
      else
        deaths.push(`${life[0]} ${(await Promise.race([death, sleep(60_000, "did not die")])) ?? "ended by itself"}`);
    }
    await sleep(1_000); // a double would come in now

    expect(deaths).toEqual(lives.flatMap((life) => (life === undefined ? [] : [`${life[0]} SIGKILL`])));
    const answers = said.map(
      ({ person, mark }) => telegram.sent.filter((sent) => sent.chatId === person && sent.text.includes(mark)).length,
    );
    expect(answers).toEqual(said.map(() => 1));
    for (const { text } of telegram.sent) expect(text).not.toContain("…");
    for (const { text } of telegram.sent.filter((sent) => sent.text.includes("Piece")))
      expect(text).toMatch(/Piece 8 of 8\.$/);
    expect(telegram.sent.some(({ edits }) => edits > 0)).toBe(true);
    for (const person of people) {
      const marks = telegram.sent
        .filter((sent) => sent.chatId === person)
        .flatMap((sent) => [...sent.text.matchAll(/p\d+-(\d+);/g)].map((match) => Number(match[1])));
      expect(marks).toEqual(marks.toSorted((left, right) => left - right));
    }
    const ran = (await readFile(counts, "utf8")).trim().split("\n");
    expect(ran.length).toBe(new Set(ran).size);
  } finally {
    child?.kill("SIGKILL");
    await telegram.stop();
    await model.close();
    await rm(folder, { recursive: true, force: true });
  }

  async function untilAllAnswered(): Promise<void> {
    const until = Date.now() + 60_000;
    while (Date.now() < until) {
      if (
        said.every(({ person, mark }) =>
          telegram.sent.some((sent) => sent.chatId === person && sent.text.includes(mark)),
        )
      )
        return;
      await sleep(100);
    }
  }
});
