import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { safeParse } from "zod";
import { platforms } from "../../channels/index.ts";
import { toOptions } from "../../src/cli/channels/questions.ts";

const hex = "0123456789abcdef".repeat(2);
const guid = "01234567-89ab-cdef-0123-456789abcdef";
const twilio = { accountSid: `AC${hex}`, authToken: "auth-token", from: "+15550100100" };

/** What a person may answer, for each way to set a platform up. The others are left as they are offered. */
const answers: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  webchat: {},
  webhook: { secret: "a-secret-of-16-or-more", replyUrl: "https://ci.example.org/replies", allow: "ci" },
  telegram: { token: "123456:abc" },
  email: {
    address: "bot@example.org",
    allow: "ada@example.org bob@example.org",
    "imap.host": "imap.example.org",
    "imap.user": "bot@example.org",
    "imap.password": "pw",
    "smtp.host": "smtp.example.org",
    "smtp.user": "bot@example.org",
    "smtp.password": "pw",
  },
  irc: { host: "irc.example.org", "sasl.account": "bot", "sasl.password": "pw", channels: "#ops #help" },
  "irc without an account": { host: "irc.example.org", port: "6667", tls: "no" },
  sms: { ...twilio, segmentPrice: "0.0083 USD" },
  "sms by a Messaging Service": { ...twilio, from: "", messagingServiceSid: `MG${hex}` },
  whatsapp: {
    phoneNumberId: "106540352242922",
    token: "EAA-token",
    appSecret: "app-secret",
    verifyToken: "my own words",
  },
  "whatsapp by Twilio": { transport: "twilio", ...twilio, "template.contentSid": `HX${hex}` },
  discord: { token: "three.parts_of-a.token" },
  slack: { botToken: "xoxb-1234567890", appToken: "xapp-1234567890" },
  "slack over HTTP": { botToken: "xoxb-1234567890", signingSecret: hex },
  signal: { account: "+15550100100" },
  teams: { appId: guid, appPassword: "client-secret", tenantId: guid },
  matrix: { homeserverUrl: "https://matrix.example.org", userId: "@bot:example.org", password: "pw" },
  "matrix by a token": { homeserverUrl: "https://matrix.example.org", userId: "@bot:example.org", accessToken: "t" },
  imessage: { serverUrl: "http://mac.example.org:1234", password: "pw", webhookSecret: "a-secret-of-16-or-more" },
  "imessage by osascript": { transport: "osascript", names: "parlance" },
};
const platformOf = (way: string): string => way.split(" ")[0] ?? "";

it("knows how each platform is set up", () => {
  expect([...new Set(Object.keys(answers).map(platformOf))].toSorted()).toEqual(Object.keys(platforms).toSorted());
});

describe("the answers that `channels add` asks for", () => {
  it.each(Object.entries(answers))("make a channel: %s", async (way, given) => {
    const platform = platforms[platformOf(way)]!;
    const { setup } = await platform.setup();
    const keys = new Set(setup.questions.map(({ key }) => key));
    expect(Object.keys(given).filter((key) => !keys.has(key))).toEqual([]);
    const texts = setup.questions.map(({ key, default: offered }) => [key, given[key] ?? offered ?? ""] as const);
    // Nobody gets past a question that has to be answered.
    expect(texts.filter(([key, text]) => text === "" && !isOptional(key)).map(([key]) => key)).toEqual([]);
    const typed = Object.fromEntries(texts.filter(([, text]) => text !== "").map(([key, text]) => [key, { text }]));
    // `allow` is a key that every channel has.
    const { allow: _allow, ...options } = toOptions(setup.questions, typed);
    const { optionsSchema } = await platform.options();
    const { success, error } = safeParse(optionsSchema, options);
    expect(error?.issues ?? []).toEqual([]);
    expect(success).toBe(true);

    function isOptional(key: string): boolean {
      return setup.questions.find((question) => question.key === key)?.isOptional === true;
    }
  });

  it.each(Object.keys(platforms))("are explained on the page of %s, under the same names", async (name) => {
    const { setup } = await platforms[name]!.setup();
    const page = await readFile(new URL(`../../channels/${name}/README.md`, import.meta.url), "utf8");
    const steps = page.slice(page.search(/^## Set up/m));
    for (const { key, secretName } of setup.questions) {
      const last = key.split(".").at(-1) ?? "";
      const isShown =
        steps.includes(`\`${key}\``) || new RegExp(`\\b${last}: `).test(steps) || steps.includes(`\`${last}\``);
      expect(isShown, key).toBe(true);
      // What is kept in .env has the name that the page uses.
      if (secretName !== undefined) expect(steps.includes(secretName), secretName).toBe(true);
    }
    if (setup.questions.length > 0) expect(page.includes(`channels add ${name}`)).toBe(true);
  });
});
