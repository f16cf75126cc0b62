import { setTimeout as sleep } from "node:timers/promises";
import { peers } from "../e2e/peers/index.ts";
import type { CreatePeer } from "../e2e/peers/peer.ts";
import type { Figure } from "./index.ts";
import { median } from "./median.ts";
import { readUsage, startChild, startFakeModel, startService, stopChild } from "./program.ts";

/** A program that loads what the adapter loads of its SDK, where it has one. */
const sdks: Readonly<Record<string, string>> = {
  email: 'await import("imapflow"); await import("mailparser"); await import("nodemailer");',
  irc: 'await import("irc-framework");',
  slack: 'await import("@slack/socket-mode");',
  sms: 'await import("twilio/lib/webhooks/webhooks.js");',
  teams: 'await import("botbuilder");',
  matrix: 'await (await import("@matrix-org/matrix-sdk-crypto-wasm")).initAsync();',
};

/**
 * Resident memory with the web chat and one platform that is connected, against the web chat alone; beside it, what a
 * bare process grows by when it loads that SDK.
 */
export async function measureChannels(runs: number): Promise<Figure[]> {
  const model = await startFakeModel();
  const channels = Object.entries(peers).filter(([name]) => name !== "webchat" && !name.includes(" "));
  const figures: Figure[] = [];
  try {
    await measureService(model.url, undefined);
    const alone = await repeat(runs, () => measureService(model.url, undefined));
    figures.push({ name: "resident with the web chat alone", unit: "MB", values: alone });
    const bare = median(await repeat(runs, () => measureSdk("")));
    for (const [platform, createPeer] of channels) {
      const grown = await measureGrown(createPeer, model.url, runs);
      const sdk = sdks[platform];
      const cost = sdk === undefined ? 0 : median(await repeat(runs, () => measureSdk(sdk))) - bare;
      const name = `resident more with ${platform}; its SDK alone ${cost.toFixed(1)} MB`;
      figures.push({ name, unit: "MB", values: grown.map((resident) => resident - median(alone)) });
    }
    return figures;
  } finally {
    await model.stop();
  }
}

/** Resident MB with the web chat and this platform, in each run. */
async function measureGrown(createPeer: CreatePeer, modelUrl: string, runs: number): Promise<number[]> {
  const peer = await createPeer({ hookUrl: "http://127.0.0.1:9/hooks/chat", people: [1001], isStored: () => false });
  const channel = { ...peer.channel, access: "open" };
  try {
    await measureService(modelUrl, channel); // the first start of a platform compiles its files
    return await repeat(runs, () => measureService(modelUrl, channel));
  } finally {
    await peer.close();
  }
}

/** Resident MB once the channel is up and a moment has passed. */
async function measureService(
  modelUrl: string,
  channel: Readonly<Record<string, unknown>> | undefined,
): Promise<number> {
  const service = await startService(
    JSON.stringify({
      http: { port: 0 },
      models: {
        aliases: { fake: { provider: "openai-compatible", baseUrl: modelUrl, model: "fake", apiKey: "none" } },
      },
      channels: { web: { platform: "webchat" }, ...(channel === undefined ? {} : { chat: channel }) },
      log: { level: "error" },
    }),
  );
  try {
    const until = Date.now() + 20_000;
    while ((await fetch(`${service.url}/health/ready`)).status !== 200) {
      if (Date.now() > until) throw new Error(`${String(channel?.["platform"])} is not up after 20 s.`);
      await sleep(100);
    }
    await sleep(2_000);
    return service.usage().residentMb;
  } finally {
    await service.stop();
  }
}

/** Resident MB of a process that has run this and nothing else. */
async function measureSdk(load: string): Promise<number> {
  const program = `${load} console.log("loaded"); setInterval(() => {}, 1000);`;
  const { child } = await startChild(["--input-type=module", "-e", program], /loaded/);
  await sleep(500);
  const { residentMb } = readUsage(child.pid ?? 0);
  await stopChild(child);
  return residentMb;
}

async function repeat(runs: number, one: () => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  for (let run = 0; run < Math.min(runs, 3); run += 1) values.push(await one());
  return values;
}
