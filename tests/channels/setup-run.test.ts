import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { platforms } from "../../channels/index.ts";
import { createHome, type Home } from "../cli/program.ts";
import { createFakeBlueBubbles } from "../doubles/fake-bluebubbles.ts";
import { createFakeDiscord } from "../doubles/fake-discord.ts";
import { createFakeSignal } from "../doubles/fake-signal.ts";
import { createFakeServer } from "./irc/fake-server.ts";
import { createScene, bot } from "./matrix/scene.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

type Answers = Readonly<Record<string, string>>;

/** A platform that runs here, what a new user answers, and what they are told. */
const ways: Readonly<Record<string, () => Promise<{ readonly answers: Answers; readonly told: string }>>> = {
  async discord() {
    const fake = await createFakeDiscord();
    cleanups.push(fake.stop);
    return { answers: { token: fake.token, restUrl: fake.url }, told: "client_id=" };
  },
  async signal() {
    const account = { number: "+15550100100", aci: "0b7e1c5a-3f52-4c1e-9d2a-6a1f0c9e2b11" };
    const fake = await createFakeSignal({ accounts: [account] });
    cleanups.push(fake.stop);
    return { answers: { rpcUrl: fake.url, account: account.number }, told: account.aci };
  },
  async matrix() {
    const scene = await createScene();
    cleanups.push(scene.close);
    const { fake, device } = scene;
    return { answers: { homeserverUrl: fake.url, userId: bot, accessToken: device.token }, told: bot };
  },
  async imessage() {
    const password = "blue-password";
    const fake = await createFakeBlueBubbles({ password, callHook: async () => undefined });
    cleanups.push(fake.stop);
    return { answers: { serverUrl: fake.url, password, privateApi: "yes" }, told: "the Private API" };
  },
  async irc() {
    const server = await createFakeServer();
    cleanups.push(server.close);
    const answers = { host: "127.0.0.1", port: String(server.port), tls: "no", channels: "#ops" };
    return { answers, told: `127.0.0.1:${server.port} answers` };
  },
};

describe("`channels add`, as a new user runs it", () => {
  it.each(Object.entries(ways))("sets up %s: asks, tries, writes, and what it writes is taken", async (name, open) => {
    const home: Home = await createHome("channels:\n  web:\n    platform: webchat\n");
    cleanups.push(home.remove);
    const { answers, told } = await open();
    const { setup } = await platforms[name]!.setup();
    const typed = setup.questions.map(({ key }) => `${answers[key] ?? ""}\n`).join("");
    const { status, out, err } = await home.run(["channels", "add", name], typed);
    expect(err).toBe("");
    expect(status).toBe(0);
    expect(out).toContain(told);
    expect(out).not.toContain("undefined");
    expect((await home.run(["config", "check"])).status).toBe(0);
    const written = await readFile(join(home.folder, "parlance.yaml"), "utf8");
    for (const { key, secretName } of setup.questions)
      if (secretName !== undefined && answers[key] !== undefined) {
        expect(written).not.toContain(answers[key]);
        expect(await readFile(join(home.folder, ".env"), "utf8")).toContain(answers[key]);
      }
  });
});
