import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { safeParse } from "zod";
import { platforms } from "../../channels/index.ts";
import { root, startChild, stopChild } from "../bench/program.ts";
import { createFakeTelegram, type FakeTelegram } from "../doubles/fake-telegram.ts";
import { brokenChannels, brokenTransports, platformsWithoutServer, refusals, secretWord } from "./broken-channels.ts";
import { brokenKinds, createBrokenEndpoint, type BrokenEndpoint, type BrokenKind } from "./broken-endpoints.ts";
import { startEchoModel, type EchoModel } from "./echo-model.ts";
import { findFreePort } from "../doubles/free-port.ts";

const goodToken = "1:good";
/** Backoff with full jitter gives about five attempts in this time; some take two calls. A hot loop takes thousands. */
const watchMs = 5_000;
const mostAttempts = 20;
/** Who was told no may look at a second place before it gives up, but does not go on. */
const mostWhenRefused = 4;

/** Every way to reach a platform, with the label of its refusal. */
const transports = [
  ...Object.entries(brokenChannels).map(([platform, options]) => ({ label: platform, platform, options })),
  ...Object.entries(brokenTransports).map(([label, transport]) => ({ label, ...transport })),
];

it("knows how each platform looks whose server cannot be reached", async () => {
  expect(Object.keys(brokenChannels).toSorted()).toEqual(Object.keys(platforms).toSorted());
  for (const kind of ["nobody", "no-name"] as const) {
    const endpoint = await createBrokenEndpoint(kind);
    for (const { label, platform, options } of transports) {
      const { optionsSchema } = await platforms[platform]!.options();
      expect(safeParse(optionsSchema, options(endpoint)).success, `${label} ${kind}`).toBe(true);
    }
  }
});

interface Broken {
  readonly name: string;
  readonly platform: string;
  readonly kind: BrokenKind;
  readonly endpoint: BrokenEndpoint;
  readonly options: (at: BrokenEndpoint) => object;
}

interface Report {
  readonly isReady: boolean;
  readonly checks: Readonly<Record<string, { readonly state: string; readonly reason?: string }>>;
}

describe("one good channel among all platforms with every kind of broken server", () => {
  let folder: string;
  let port: number;
  let telegram: FakeTelegram;
  let model: EchoModel;
  let broken: readonly Broken[];
  let late: Broken;
  let service: Awaited<ReturnType<typeof startChild>>;

  const nameOf = (label: string, kind: string): string => `${label.toLowerCase().replaceAll(" ", "-")}-${kind}`;
  const list = (): readonly Broken[] => broken.filter(({ platform }) => !platformsWithoutServer.includes(platform));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "parlance-isolation-"));
    port = await findFreePort();
    telegram = await createFakeTelegram({ token: goodToken });
    model = await startEchoModel({ minMs: 1, maxMs: 5 });
    broken = await Promise.all(
      transports.flatMap(({ label, platform, options }) =>
        brokenKinds
          .filter((kind) => kind !== "revoked" || refusals[label] !== undefined)
          .map(async (kind) => ({
            name: nameOf(label, kind),
            platform,
            kind,
            endpoint: await createBrokenEndpoint(kind, refusals[label]),
            options,
          })),
      ),
    );
    const endpoint = await createBrokenEndpoint("hangs-up");
    late = { name: "late", platform: "discord", kind: "hangs-up", endpoint, options: brokenChannels["discord"]! };
    await save(broken);
    service = await startChild(
      ["bin/parlance.js", "start", "--config", join(folder, "parlance.yaml")],
      /Parlance is ready/,
      { PARLANCE_HOME: folder, DATABASE_URL: "", REDIS_URL: "" },
    );
  });

  afterAll(async () => {
    // First, because a reply on its way to a silent server is waited for.
    await Promise.all([...broken, late].map(({ endpoint }) => endpoint.close()));
    if (service !== undefined) await stopChild(service.child);
    await telegram.stop();
    await model.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("answers on the good one, says what is wrong with the others, and leaves their servers in peace", async () => {
    await answersTo("first");
    await sleep(watchMs);
    const attempts = Object.fromEntries(broken.map(({ name, endpoint }) => [name, endpoint.attempts()]));
    const tooMany = Object.entries(attempts).filter(([, count]) => count > mostAttempts);
    expect(tooMany).toEqual([]);
    // Who is not tried at all proves nothing.
    for (const { name, kind } of list()) if (!isAbsent(kind)) expect(attempts[name], name).toBeGreaterThan(0);

    const { status, report, body } = await loadReady();
    expect(status).toBe(503);
    expect(report.isReady).toBe(false);
    expect(report.checks["channel good"]).toEqual({ state: "up" });
    for (const { name } of list()) {
      const check = report.checks[`channel ${name}`];
      expect(check?.state, name).toMatch(/^(?:connecting|down)$/);
      expectPlainWords(check?.reason, name);
    }
    // What hung up or said no within the first seconds is told, and not only that we are at it.
    expect(listUntold("nobody", report)).toEqual([]);
    // Some machines take their time to say that a name is unknown.
    await expect.poll(async () => listUntold("no-name", (await loadReady()).report), { timeout: 20_000 }).toEqual([]);
    // What only a person can mend is told as such, and not tried in vain.
    for (const { name } of list().filter(({ kind }) => kind === "revoked")) {
      expect(report.checks[`channel ${name}`], name).toMatchObject({ state: "down" });
      expect(report.checks[`channel ${name}`]?.reason, name).toMatch(/token|password|secret|log in|sign in/i);
      expect(attempts[name], name).toBeLessThanOrEqual(mostWhenRefused);
    }
    const refused = report.checks["channel refused"];
    expect(refused?.state).toBe("down");
    expect(refused?.reason).toMatch(/token/);
    expectPlainWords(refused?.reason, "refused");
    expect(body).not.toContain(secretWord);
    await answersTo("second");
  });

  it("lists all of them with their states", async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["bin/parlance.js", "channels", "--json", "--config", join(folder, "parlance.yaml")],
      { cwd: root, env: { ...process.env, PARLANCE_HOME: folder } },
    );
    const states = new Map(
      (JSON.parse(stdout) as { name: string; state: string }[]).map((row) => [row.name, row.state]),
    );
    expect(states.size).toBe(broken.length + 2);
    expect(states.get("good")).toBe("up");
    expect(states.get("refused")).toBe("down");
    for (const { name } of list()) expect(states.get(name), name).toMatch(/^(?:connecting|down)$/);
    expect(stdout).not.toContain(secretWord);
  });

  it("takes another broken one while it runs, and keeps answering", async () => {
    await save([...broken, late]);
    await expect.poll(async () => (await loadReady()).report.checks["channel late"]?.state).toMatch(/connecting|down/);
    await expect.poll(() => late.endpoint.attempts()).toBeGreaterThan(0);
    await answersTo("third");
    expect((await loadReady()).report.checks["channel good"]).toEqual({ state: "up" });
  });

  it("keeps running through replies that nobody takes, and logs no secret", async () => {
    const hooks = broken.filter(({ platform }) => platform === "webhook");
    for (const { name } of hooks) {
      const { status } = await fetch(`http://127.0.0.1:${port}/hooks/${name}`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${secretWord}` },
        body: JSON.stringify({ id: "m1", chat: "c1", sender: { id: "ada" }, text: "nobody hears the answer" }),
      });
      expect(status, name).toBe(202);
    }
    const asked = hooks.filter(({ kind }) => !isAbsent(kind));
    await expect.poll(() => asked.every(({ endpoint }) => endpoint.attempts() > 0), { timeout: 10_000 }).toBe(true);
    await answersTo("fourth");
    for (const { name, endpoint } of asked) expect(endpoint.attempts(), name).toBeLessThan(mostAttempts);
    expect(service.child.exitCode).toBeNull();
    expect(service.child.signalCode).toBeNull();
    expect(service.lines.filter((line) => line.includes(secretWord))).toEqual([]);
    // A stack is for what nobody has foreseen.
    expect(service.lines.filter((line) => /\\n\s+at /.test(line))).toEqual([]);
  });

  async function save(channels: readonly Broken[]): Promise<void> {
    const entries = channels.map(({ name, platform, endpoint, options }) => [
      name,
      { platform, access: "open", ...options(endpoint) },
    ]);
    // JSON is YAML.
    const config = {
      http: { port },
      models: {
        aliases: { echo: { provider: "openai-compatible", baseUrl: model.url, model: "echo", apiKey: "none" } },
      },
      channels: {
        ...Object.fromEntries(entries),
        refused: { platform: "telegram", access: "open", token: `2:${secretWord}`, apiRoot: telegram.url },
        good: { platform: "telegram", access: "open", token: goodToken, apiRoot: telegram.url, pollSeconds: 1 },
      },
      log: { level: "info" },
    };
    await writeFile(join(folder, "parlance.yaml"), JSON.stringify(config));
  }

  /** Channels whose server is not there, and that do not say so. */
  function listUntold(absence: BrokenKind, { checks }: Report): readonly string[] {
    return list()
      .filter(({ kind }) => kind === absence)
      .map(({ name }) => name)
      .filter((name) => !/cannot be reached|answered|unreachable/i.test(checks[`channel ${name}`]?.reason ?? ""));
  }

  async function answersTo(text: string): Promise<void> {
    telegram.say({ text });
    await expect.poll(() => telegram.sent.some((sent) => sent.text.includes(text)), { timeout: 15_000 }).toBe(true);
  }

  async function loadReady(): Promise<{ status: number; report: Report; body: string }> {
    const response = await fetch(`http://127.0.0.1:${port}/health/ready`);
    const body = await response.text();
    return { status: response.status, report: JSON.parse(body) as Report, body };
  }
});

/** Nobody is there who could count. */
function isAbsent(kind: BrokenKind): boolean {
  return kind === "nobody" || kind === "no-name";
}

/** The vendor's own page where the mending is done. */
const helpPage = "https://discord.com/developers/applications";

/** Something for people: no stack, no address but that of a page that helps, no secret. */
function expectPlainWords(reason: string | undefined, name: string): void {
  expect(reason ?? "", name).toMatch(/^[^\n]{5,200}$/);
  expect(reason?.replace(helpPage, ""), name).not.toMatch(/https?:\/\/|\bat .*:\d+|\[object|undefined|node:/);
  expect(reason, name).not.toContain(secretWord);
}
