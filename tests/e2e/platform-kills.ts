import { execFile, spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { PathPoint } from "../../src/pipeline/deps.ts";
import { openDatabase } from "../../src/store/index.ts";
import { startEchoModel } from "./echo-model.ts";
import type { CreatePeer, Peer } from "./peers/peer.ts";
import { findFreePort } from "../doubles/free-port.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const people = [1001, 1002, 1003, 1004, 1005];
const messagesPerLife = 20;
const patienceMs = 60_000;

/** Where the process dies, one life after the other; the last life goes on to the end. */
const lives: readonly (readonly [PathPoint, number] | undefined)[] = [
  ["before-commit", 1],
  ["after-commit", 1],
  ["in-model-call", 2],
  ["before-send", 1],
  ["after-send", 1],
  ["before-send", 4],
  ["after-send", 4],
  ["before-commit", 5],
  ["after-commit", 3],
  undefined,
];

export interface PlatformKillResult {
  readonly messages: number;
  readonly deaths: number;
  /** Neither answered nor shown to a person as uncertain. */
  readonly lost: number;
  readonly doubled: number;
  readonly reordered: number;
  /** Answers of which nobody can tell whether they arrived. */
  readonly uncertain: number;
  /** Of those, the ones that are not in the list that `parlance dead-letters` shows. */
  readonly unlisted: number;
  /** Messages whose answer is uncertain, and of those the ones that did get it, and that got it more than once. */
  readonly inDoubt: number;
  readonly inDoubtAnswered: number;
  readonly inDoubtDoubled: number;
}

/** Lets people write on a platform while the service is killed at each named point of a message's path, and counts. */
export async function runPlatformKills(createPeer: CreatePeer): Promise<PlatformKillResult> {
  const folder = await mkdtemp(join(tmpdir(), "parlance-kills-"));
  const model = await startEchoModel({ minMs: 1, maxMs: 10 });
  const port = await findFreePort();
  const peer = await createPeer({
    hookUrl: `http://127.0.0.1:${port}/hooks/chat`,
    people,
    isStored: (text) => isStored(join(folder, "parlance.db"), text),
  });
  // JSON is YAML.
  await writeFile(
    join(folder, "parlance.yaml"),
    JSON.stringify({
      http: { port },
      models: {
        aliases: { echo: { provider: "openai-compatible", baseUrl: model.url, model: "echo", apiKey: "none" } },
      },
      channels: { chat: { ...peer.channel, access: "open", mode: "open" } },
      log: { level: "error" },
    }),
  );
  const said: { readonly person: number; readonly mark: string }[] = [];
  let child: ChildProcess | undefined;
  let deaths = 0;
  // Where the platform calls us, a person whose message was not taken goes on with the next process.
  let writing: readonly Promise<void>[] = people.map(() => Promise.resolve());
  try {
    for (const [index, life] of lives.entries()) {
      const run = startLife(folder, life);
      child = run.child;
      writing = people.map(async (person, nth) => {
        await writing[nth];
        await writeAll(peer, person, nth, index);
      });
      const written = Promise.all(writing);
      written.catch(() => undefined); // met in the last life
      if (life === undefined) {
        await written;
        await untilQuiet(peer);
      } else if ((await Promise.race([run.death, sleep(patienceMs, undefined)])) === "SIGKILL") deaths += 1;
    }
    await sleep(1_000); // a double would come in now
  } finally {
    child?.kill("SIGKILL");
    await peer.close();
    await model.close();
  }
  const uncertain = await loadUncertain(join(folder, "parlance.db"));
  const listed = await listForPerson(folder);
  await rm(folder, { recursive: true, force: true });
  // One answer may answer several messages.
  const inDoubt = new Set([...uncertain.values()].flat());
  const inDoubtCounts = [...inDoubt].map((mark) => answersTo(mark, peer));
  return {
    messages: said.length,
    deaths,
    ...judge(peer, inDoubt),
    uncertain: uncertain.size,
    unlisted: [...uncertain.keys()].filter((id) => !listed.has(id)).length,
    inDoubt: inDoubt.size,
    inDoubtAnswered: inDoubtCounts.filter((count) => count > 0).length,
    inDoubtDoubled: inDoubtCounts.filter((count) => count > 1).length,
  };

  async function writeAll(to: Peer, person: number, nth: number, life: number): Promise<void> {
    for (let count = 0; count < messagesPerLife / people.length; count += 1) {
      const mark = `m${nth}x${life * 100 + count};`;
      said.push({ person, mark });
      await to.say(person, mark);
    }
  }

  function answersTo(mark: string, from: Peer): number {
    return from.received().filter(({ text }) => text.includes(mark)).length;
  }

  async function untilQuiet(from: Peer): Promise<void> {
    const until = Date.now() + patienceMs + (from.settleMs ?? 0);
    let lastMissing = said.length;
    let quietSince = Date.now();
    while (Date.now() < until) {
      const missing = said.filter(({ mark }) => answersTo(mark, from) === 0).length;
      if (missing === 0) return;
      if (missing !== lastMissing) quietSince = Date.now();
      lastMissing = missing;
      // What is uncertain never comes.
      if (Date.now() - quietSince > 12_000 + (from.settleMs ?? 0)) return;
      await sleep(100);
    }
  }

  function judge(from: Peer, asked: ReadonlySet<string>): Pick<PlatformKillResult, "lost" | "doubled" | "reordered"> {
    let reordered = 0;
    for (const [nth, person] of people.entries()) {
      const seen = from
        .received()
        .filter((each) => each.person === person)
        .flatMap(({ text }) =>
          [...text.matchAll(new RegExp(`m${nth}x(\\d+);`, "g"))].map(([, count]) => Number(count)),
        );
      reordered += seen.filter((count, index) => index > 0 && count < (seen[index - 1] ?? 0)).length;
    }
    return {
      lost: said.filter(({ mark }) => answersTo(mark, from) === 0 && !asked.has(mark)).length,
      doubled: said.filter(({ mark }) => answersTo(mark, from) > 1).length,
      reordered,
    };
  }
}

function startLife(
  folder: string,
  life: readonly [PathPoint, number] | undefined,
): { readonly child: ChildProcess; readonly death: Promise<NodeJS.Signals | null> } {
  const child = spawn(
    process.execPath,
    [
      "tests/e2e/kill-child.ts",
      join(folder, "parlance.yaml"),
      join(folder, "counts"),
      ...(life === undefined ? [] : life.map(String)),
    ],
    { cwd: root, env: { ...process.env, PARLANCE_HOME: folder }, stdio: ["ignore", "ignore", "inherit"] },
  );
  const death = new Promise<NodeJS.Signals | null>((resolve) => child.once("exit", (_code, signal) => resolve(signal)));
  return { child, death };
}

/** The marks in each answer of which nobody can tell whether it arrived, by its id. */
async function loadUncertain(path: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const database = await openDatabase(path);
  try {
    const rows = await database.read<{ id: string; message: string }>({
      sql: "select id, message from outbox where state = 'uncertain'",
      parameters: [],
    });
    return new Map(rows.map(({ id, message }) => [id, message.match(/m\d+x\d+;/g) ?? []]));
  } finally {
    await database.close();
  }
}

/** Ids of the sends that a person is asked about, as they see them. */
async function listForPerson(folder: string): Promise<ReadonlySet<string>> {
  const args = ["bin/parlance.js", "dead-letters", "list", "--json", "--config", join(folder, "parlance.yaml")];
  const env = { ...process.env, PARLANCE_HOME: folder };
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, env });
  const cases = JSON.parse(stdout) as readonly { readonly id: string; readonly kind: string }[];
  return new Set(cases.filter(({ kind }) => kind === "uncertain").map(({ id }) => id));
}

/** Has the service this message? Looks into its database from outside, while it runs and when it is dead. */
export function isStored(path: string, text: string): boolean {
  if (!existsSync(path)) return false;
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return database.prepare("select 1 from inbox where instr(message, ?) > 0").get(text) !== undefined;
  } catch {
    return false; // its tables are not made yet
  } finally {
    database.close();
  }
}
