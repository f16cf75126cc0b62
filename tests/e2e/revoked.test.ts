import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { createFakeServer } from "../channels/irc/fake-server.ts";
import { createFakeBlueBubbles } from "../doubles/fake-bluebubbles.ts";
import { createFakeSignal } from "../doubles/fake-signal.ts";
import { createFakeTelegram } from "../doubles/fake-telegram.ts";
import { createFakeTwilio } from "../doubles/fake-twilio.ts";
import { startTestApp } from "../doubles/test-app.ts";
import { startEchoModel } from "./echo-model.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Account {
  readonly channel: object;
  revoke(): void;
  attempts(): number;
}

const password = "a-password-that-is-changed";
const accountSid = `AC${"3".repeat(32)}`;
/** A hot loop takes hundreds in this time. */
const watchMs = 1_500;
const mostAttempts = 4;

async function createAccounts(): Promise<Readonly<Record<string, Account>>> {
  const telegram = await createFakeTelegram({ token: "2:good" });
  const signalAccount = { number: "+15550100100", aci: "0b7e1c5a-3f52-4c1e-9d2a-6a1f0c9e2b11" };
  const signal = await createFakeSignal({ accounts: [signalAccount] });
  const blue = await createFakeBlueBubbles({ password, callHook: async () => undefined });
  const irc = await createFakeServer({ saslPassword: password });
  cleanups.push(telegram.stop, signal.stop, blue.stop, irc.close);
  return {
    telegram: {
      channel: { platform: "telegram", token: "2:good", apiRoot: telegram.url, pollSeconds: 1 },
      revoke() {
        telegram.isRevoked = true;
        telegram.drop();
      },
      attempts: () => telegram.requests.length,
    },
    sms: await createTwilioAccount({ platform: "sms" }, "+15550100101"),
    whatsapp: await createTwilioAccount({ platform: "whatsapp", transport: "twilio" }, "whatsapp:+15550100102"),
    signal: {
      channel: { platform: "signal", rpcUrl: signal.url, account: signalAccount.number },
      revoke() {
        signal.isUnlinked = true;
        signal.drop();
      },
      attempts: () => signal.subscriptions.length,
    },
    imessage: {
      channel: { platform: "imessage", serverUrl: blue.url, password, pollSeconds: 0.05 },
      revoke: () => blue.changePassword("another-password"),
      attempts: () => blue.requests.length,
    },
    irc: {
      channel: {
        platform: "irc",
        host: "127.0.0.1",
        port: irc.port,
        tls: false,
        nick: "parlance",
        sasl: { account: "parlance", password },
      },
      revoke() {
        irc.changePassword("another-password");
        irc.drop();
      },
      attempts: () => irc.connections,
    },
  };
}

async function createTwilioAccount(platform: object, number: string): Promise<Account> {
  const fake = await createFakeTwilio({
    accountSid,
    authToken: password,
    numbers: [number],
    hookUrl: "http://127.0.0.1/none",
    callHook: async () => undefined,
  });
  cleanups.push(fake.stop);
  const from = number.replace("whatsapp:", "");
  return {
    channel: { ...platform, accountSid, authToken: password, from, apiUrl: fake.url, pollSeconds: 0.05 },
    revoke: () => void (fake.account.isLocked = true),
    attempts: () => fake.requests.length,
  };
}

it("keeps one channel at work while the accounts of all others are taken back", async () => {
  const good = await createFakeTelegram({ token: "1:good" });
  const model = await startEchoModel({ minMs: 1, maxMs: 5 });
  cleanups.push(good.stop, model.close);
  const accounts = await createAccounts();
  const channels = {
    good: { platform: "telegram", token: "1:good", apiRoot: good.url, pollSeconds: 1 },
    ...Object.fromEntries(Object.entries(accounts).map(([name, { channel }]) => [`gone-${name}`, channel])),
  };
  const app = await startTestApp(
    JSON.stringify({
      http: { port: 0 },
      models: {
        aliases: { echo: { provider: "openai-compatible", baseUrl: model.url, model: "echo", apiKey: "none" } },
      },
      channels: Object.fromEntries(
        Object.entries(channels).map(([name, channel]) => [name, { ...channel, access: "open" }]),
      ),
    }),
  );
  cleanups.push(app.close);

  async function loadChecks(): Promise<Readonly<Record<string, { readonly state: string; readonly reason?: string }>>> {
    return ((await app.call("/health/ready")).json() as { checks: Record<string, { state: string }> }).checks;
  }
  async function listStates(): Promise<Readonly<Record<string, string | undefined>>> {
    const checks = await loadChecks();
    return Object.fromEntries(Object.keys(channels).map((name) => [name, checks[`channel ${name}`]?.state]));
  }
  const all = (state: string): object =>
    Object.fromEntries(Object.keys(channels).map((name) => [name, name === "good" ? "up" : state]));
  async function answersTo(text: string): Promise<void> {
    good.say({ text });
    await expect.poll(() => good.sent.filter((sent) => sent.text.includes(text)).length, { timeout: 10_000 }).toBe(1);
  }

  await expect.poll(listStates, { timeout: 15_000 }).toEqual(all("up"));
  await answersTo("before");
  for (const { revoke } of Object.values(accounts)) revoke();
  await expect.poll(listStates, { timeout: 15_000 }).toEqual(all("down"));
  const checks = await loadChecks();
  const before = Object.entries(accounts).map(([name, { attempts }]) => [name, attempts()] as const);
  for (const [name] of before) {
    const { reason } = checks[`channel gone-${name}`] ?? {};
    // What happened, and what to do.
    expect(reason, name).toMatch(/token|password|credentials|account/i);
    expect(reason, name).toMatch(/\.\s+\S.*\.$/);
    expect(reason, name).not.toContain(password);
  }
  await answersTo("after");
  await sleep(watchMs);
  for (const [name, count] of before)
    expect((accounts[name]?.attempts() ?? 0) - count, name).toBeLessThanOrEqual(mostAttempts);
  expect(await listStates()).toEqual(all("down"));
  await answersTo("much later");
  expect(app.errors).toEqual([]);
});
