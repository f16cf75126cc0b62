import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { parseConfig, type ParsedConfig } from "../../config/parse.ts";
import { createFakePlatforms } from "./fake-platforms.ts";

const defaults = readFileSync(new URL("../../config/defaults.yaml", import.meta.url), "utf8");
const platforms = createFakePlatforms();

function parse(text: string, env: Record<string, string> = {}): Promise<ParsedConfig> {
  return parseConfig(text, { env, platforms, defaults, timeZone: "UTC" });
}

const full = {
  http: { host: "127.0.0.1", port: 1, token: "0123456789abcdef", publicUrl: "https://example.org" },
  owner: { name: "Ada", timeZone: "Europe/Berlin", ids: ["telegram:42"] },
  database: "postgres://db/x",
  queue: "redis://r",
  agent: { maxSteps: 3, maxTurnMs: 5000, historyTokens: 999 },
  budgets: { perDay: 1, perConversation: 2.5, perPerson: 3 },
  workers: { concurrency: 2, debounceMs: 0, leaseSeconds: 10 },
  safety: { mode: "paranoid", allowPrivate: ["grafana.lan"] },
  limits: { bodyBytes: 2048, fileBytes: 4096 },
  log: { level: "debug" },
  keep: { inboxDays: 1, journalDays: 2, outboxDays: 3 },
};

/** The same object with some keys left out, at any depth. */
function subsetOf(value: Record<string, unknown>): fc.Arbitrary<Record<string, unknown>> {
  const keys = Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      typeof inner === "object" && inner !== null && !Array.isArray(inner)
        ? subsetOf(inner as Record<string, unknown>)
        : fc.constant(inner),
    ]),
  );
  return fc.record(keys, { requiredKeys: [] });
}

const channel = fc.record(
  {
    platform: fc.constant("telegram"),
    token: fc.constant("abc"),
    mode: fc.constantFrom("open", "mention", "listen", "off"),
    access: fc.constantFrom("pairing", "allow", "open"),
    allow: fc.constant(["1"]),
    midTurn: fc.constantFrom("collect", "steer", "interrupt"),
    reply: subsetOf({ action: "draft", quietHours: "22:00-07:00", perSenderPerHour: 3 }),
  },
  { requiredKeys: ["platform", "token"] },
);

describe("any part of a valid file", () => {
  it("is a valid file, and what it says is what holds", async () => {
    const file = fc.tuple(subsetOf(full), fc.dictionary(fc.constantFrom("a", "b", "tg-1"), channel));
    await fc.assert(
      fc.asyncProperty(file, async ([sections, channels]) => {
        const { config, faults } = await parse(stringify({ ...sections, channels }));
        expect(faults).toEqual([]);
        expect(config).toMatchObject(sections);
        for (const [name, { token, allow, ...common }] of Object.entries(channels)) {
          expect(config?.channels[name]).toMatchObject({
            ...common,
            allow: allow ? [`${name}:1`] : [],
            options: { token },
          });
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe("any text at all", () => {
  const scraps = fc.constantFrom(
    ..."http: {channels:\n  - *a &a !!x ${A} ${B:-c} # | > ' \" [ ] , null true 1.5e3 __proto__: <<: \t models:\n aliases: owner: ids: --- %YAML ? @ ` \u0000 \ufeff \ue000 \n   ".split(
      " ",
    ),
  );
  const texts = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.array(fc.oneof(scraps, fc.string({ maxLength: 5 })), { maxLength: 60 }).map((parts) => parts.join(" ")),
    fc.json({ maxDepth: 4 }),
    subsetOf(full).chain((value) => {
      const text = stringify(value);
      return fc.tuple(fc.nat(text.length), scraps).map(([at, scrap]) => text.slice(0, at) + scrap + text.slice(at + 1));
    }),
  );

  it("is read or has faults with a place within it, and never throws", async () => {
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const parsed = await parse(text, { A: "a" });
        expect(parsed.config === undefined).toBe(parsed.faults.length > 0);
        const lines = text.split(/\r\n|\r|\n/).length;
        for (const fault of parsed.faults) {
          expect(fault.line).toBeGreaterThanOrEqual(1);
          expect(fault.line).toBeLessThanOrEqual(lines + 1);
          expect(fault.column).toBeGreaterThanOrEqual(1);
        }
      }),
      { numRuns: 600 },
    );
  });
});

describe("secrets", () => {
  const secret = "sk-Zq7x9Kw2Vb4Nm6Tr";

  it("are in no fault, wherever they stand and however the file is broken", async () => {
    const holders = [
      `http: { token: ${secret}, port: ${secret}, ${secret}: 1, token:${secret} }`,
      `log: { level: ${secret} }`,
      `log: ${secret}`,
      `owner: { ids: [${secret}], timeZone: ${secret} }`,
      `channels: { ${secret}: { platform: telegram }, t: { platform: ${secret} }, m: { platform: email, imap: ${secret}, address: ${secret} } }`,
      `channels: { t: { platform: telegram, token:${secret}, apiRoot: ${secret}, ${secret}: x, persona: [${secret}] } }`,
      `models: { default: ${secret}, aliases: { a: { provider: ${secret}, apiKey: [${secret}], fallback: [${secret}] }, ${secret}: 1 } }`,
      `database: ${secret}\nqueue: mysql://u:${secret}@h\n`,
      `http: { port: "\${S}" }\nlog: { level: "\${S}" }`,
      `- ${secret}\nb: ${secret}: c`,
      `a: *${secret}`,
      `a: !${secret} b`,
      secret,
      `"${secret}\\q": [`,
      `@${secret}`,
      `a: ${secret}\na: ${secret}\n`,
    ];
    for (const text of holders) {
      const parsed = await parse(text, { S: secret });
      expect(parsed.faults.length, text.replaceAll(secret, "<secret>")).toBeGreaterThan(0);
      expect(JSON.stringify(parsed.faults)).not.toContain(secret);
    }
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...holders),
        fc.nat(200),
        fc.constantFrom("", "\t", ":", "\n", "{", '"', " "),
        async (text, at, scrap) => {
          const parsed = await parse(text.slice(0, at % text.length) + scrap + text.slice((at % text.length) + 1), {
            S: secret,
          });
          expect(JSON.stringify(parsed.faults)).not.toContain(secret);
        },
      ),
      { numRuns: 400 },
    );
  });
});
