import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseConfig, type ParsedConfig } from "../../config/parse.ts";
import type { Config } from "../../config/schema.ts";
import { createFakePlatforms } from "./fake-platforms.ts";

const defaults = readFileSync(new URL("../../config/defaults.yaml", import.meta.url), "utf8");

function parse(text: string, env: Record<string, string> = {}): Promise<ParsedConfig> {
  return parseConfig(text, {
    env,
    platforms: createFakePlatforms(),
    defaults,
    timeZone: "Europe/Berlin",
  });
}

async function faultsOf(text: string, env: Record<string, string> = {}): Promise<string[]> {
  const { faults } = await parse(text, env);
  return faults.map((fault) => `${fault.line}:${fault.column} ${fault.path} ${fault.problem}`);
}

async function configOf(text: string, env: Record<string, string> = {}): Promise<Config> {
  const parsed = await parse(text, env);
  expect(parsed.faults).toEqual([]);
  if (parsed.config === undefined) throw new Error("no configuration");
  return parsed.config;
}

describe("what holds without being written", () => {
  it("is a web chat on the loopback address, and access by pairing", async () => {
    const config = await configOf("");
    expect(config.http).toEqual({ host: "127.0.0.1", port: 7420 });
    expect(config.channels).toEqual({
      web: {
        platform: "webchat",
        mode: "mention",
        access: "pairing",
        allow: [],
        midTurn: "collect",
        onUncertain: "ask",
        options: { maxSockets: 500 },
      },
    });
    expect(config.owner.timeZone).toBe("Europe/Berlin");
    expect(config.safety.mode).toBe("safe");
    expect("database" in config).toBe(false);
  });

  it("keeps the user's web chat as the only one", async () => {
    const config = await configOf("channels:\n  desk: { platform: webchat, maxSockets: 3 }\n");
    expect(Object.keys(config.channels)).toEqual(["desk"]);
    expect(config.channels["desk"]?.options).toEqual({ maxSockets: 3 });
  });

  it("finds another name for the web chat where web is taken", async () => {
    const config = await configOf("channels:\n  web: { platform: telegram, token: abc }\n");
    expect(config.channels["web"]?.platform).toBe("telegram");
    expect(config.channels["webchat"]?.platform).toBe("webchat");
  });

  it("holds for sections and keys that are written without a value", async () => {
    expect(await configOf("http:\nowner: { name: }\nbudgets: { perDay: }\nchannels:\n")).toEqual(await configOf(""));
  });

  it("loads the options of configured platforms only", async () => {
    const loaded: string[] = [];
    const platforms = createFakePlatforms((name) => loaded.push(name));
    await parseConfig("channels: { t: { platform: telegram, token: abc } }", {
      env: {},
      platforms,
      defaults,
      timeZone: "UTC",
    });
    expect(loaded.toSorted()).toEqual(["telegram", "webchat"]);
  });
});

describe("channels", () => {
  it("separate what every channel has from what the platform has", async () => {
    const config = await configOf(
      "channels:\n  tg: { platform: telegram, token: abc, mode: open, allow: ['42', 'tg:43'], persona: architect }\n",
    );
    expect(config.channels["tg"]).toEqual({
      platform: "telegram",
      mode: "open",
      access: "pairing",
      allow: ["tg:42", "tg:43"],
      persona: "architect",
      midTurn: "collect",
      onUncertain: "ask",
      options: { token: "abc" },
    });
  });
});

describe("the environment", () => {
  it("is read inside of flow mappings, as numbers, and with a stand-in", async () => {
    const text = "http: { port: ${PORT}, token: ${TOKEN:-a:b, [c] #d 0123456} }";
    const config = await configOf(text, { PORT: "8080" });
    expect(config.http).toEqual({ host: "127.0.0.1", port: 8080, token: "a:b, [c] #d 0123456" });
  });

  it("makes true and false, and only where they are wanted", async () => {
    const text = "channels: { t: { platform: telegram, token: ${A}, fast: ${B} } }";
    const config = await configOf(text, { A: "12345", B: "true" });
    expect(config.channels["t"]?.options).toEqual({ token: "12345", fast: true });
  });

  it("is put in once, and not where it is escaped", async () => {
    const config = await configOf('owner: { name: "$${X} ${A}-${B}" }', { A: "${B}", B: "b" });
    expect(config.owner.name).toBe("${X} ${B}-b");
  });

  it("leaves a key out when its variable is not set", async () => {
    expect((await configOf("owner: { name: ${NOBODY} }")).owner.name).toBe("Owner");
    expect((await configOf("database: ${DATABASE_URL}")).database).toBeUndefined();
  });

  it("sets database and queue by itself", async () => {
    const config = await configOf("", { DATABASE_URL: "postgres://db/x", REDIS_URL: "redis://r" });
    expect([config.database, config.queue]).toEqual(["postgres://db/x", "redis://r"]);
  });

  it("is named where its value is wrong", async () => {
    expect(await faultsOf("", { DATABASE_URL: "mysql://root:hunter22@db/x" })).toEqual([
      "1:1 database must be a PostgreSQL address that starts with postgres://; leave it out for a SQLite file in the data folder. Its value comes from environment variable DATABASE_URL.",
    ]);
  });

  it("is not blamed for what the file says itself", async () => {
    const [fault] = await faultsOf("database: mysql://x");
    expect(fault).toMatch(/^1:11 database must be a PostgreSQL address.*folder\.$/);
  });
});

describe("faults", () => {
  const cases: readonly (readonly [name: string, text: string, faults: readonly string[]])[] = [
    ["unknown key", "http:\n  prot: 1\n", ['2:3 http.prot is not a known key. Did you mean "port"?']],
    ["unknown section", "\n\nchanels: {}\n", ['3:1 chanels is not a known key. Did you mean "channels"?']],
    ["unknown key near nothing", "log: { colour: 1 }", ["1:8 log.colour is not a known key. Known here: level."]],
    [
      "missing space",
      "log: { level:debug }",
      ['1:8 log.… is not a known key (is a space missing after ":"?). Known here: level.'],
    ],
    [
      "wrong word",
      "log:\n  level: warm\n",
      ['2:10 log.level must be debug, info, warn or error. Did you mean "warn"?'],
    ],
    ["wrong kind", "http: { port: many }", ["1:15 http.port must be a number."]],
    ["fraction", "agent: { maxSteps: 1.5 }", ["1:20 agent.maxSteps must be a whole number."]],
    ["too big", "http: { port: 70000 }", ["1:15 http.port must be at most 65535."]],
    ["too small", "budgets: { perDay: 0 }", ["1:20 budgets.perDay must be more than 0."]],
    ["not a list", "owner: { ids: 'telegram:42' }", ["1:15 owner.ids must be a list."]],
    ["number as text", "owner: { ids: [42] }", ["1:16 owner.ids[0] must be text: put it in quotes."]],
    [
      "id without channel",
      "owner: { ids: ['42'] }",
      ['1:16 owner.ids[0] must look like "telegram:42": channel name, colon, id on that platform.'],
    ],
    ["not a block", "agent: 3", ["1:8 agent must be a block of keys."]],
    [
      "time zone",
      "owner: { timeZone: Europe/Berlim }",
      ['1:20 owner.timeZone is not a known time zone. Did you mean "Europe/Berlin"?'],
    ],
    [
      "web address",
      "http: { publicUrl: parlance.example.org }",
      ["1:20 http.publicUrl must be a web address that starts with http:// or https://."],
    ],
    [
      "plugins",
      "plugins: { a: { hosts: ['https://a.example.org', '*'], folders: { out: { path: out, acess: write } }, sha256: abc, memoryMb: 9000 } }",
      [
        "1:12 plugins.a.file is required but not set.",
        ...["1:25", "1:50"].map(
          (at, index) =>
            `${at} plugins.a.hosts[${index}] must be the name of a host, such as api.example.org or "*.example.org", without a scheme, port or path.`,
        ),
        "1:67 plugins.a.folders.out.access is required but not set: read or write.",
        '1:85 plugins.a.folders.out.acess is not a known key. Did you mean "access"?',
        "1:111 plugins.a.sha256 must be the 64 digits (0-9, a-f) that sha256sum prints.",
        "1:126 plugins.a.memoryMb must be at most 1024.",
      ],
    ],
    [
      "short token",
      "http: { token: abc }",
      ["1:16 http.token must have at least 16 characters, because whoever has it is the owner."],
    ],
    [
      "open door",
      "http:\n  host: 0.0.0.0\n",
      [
        "1:1 http.token is required, because http.host can be reached from other machines. Use a long random text, such as the output of: openssl rand -hex 24",
      ],
    ],
    [
      "platform",
      "channels:\n  t: { platform: telegarm }\n",
      ['2:18 channels.t.platform is not a known platform. Did you mean "telegram"?'],
    ],
    ["no platform", "channels:\n  t: { mode: open }\n", ["2:3 channels.t.platform is required but not set."]],
    ["empty channel", "channels:\n  t:\n", ["2:3 channels.t.platform is required but not set."]],
    ["channel as text", "channels: { t: telegram }", ["1:16 channels.t must be a block of keys."]],
    [
      "channel name",
      "channels: { 'a:b': { platform: webchat } }",
      ["1:13 channels.… must be a name of at most 40 letters, digits, - and _."],
    ],
    [
      "platform key",
      "channels:\n  t: { platform: telegram, tokn: abc }\n",
      [
        "2:3 channels.t.token is required but not set.",
        '2:28 channels.t.tokn is not a known key of this channel. Did you mean "token"?',
      ],
    ],
    [
      "nested platform key",
      "channels:\n  m:\n    platform: email\n    address: ada@example.org\n    imap:\n      hots: x\n      host: x\n      password: y\n",
      ['6:7 channels.m.imap.hots is not a known key. Did you mean "host"?'],
    ],
    [
      "mail address",
      "channels: { m: { platform: email, address: ada, imap: { host: x, password: y } } }",
      ["1:44 channels.m.address must be a mail address, such as ada@example.org."],
    ],
    [
      "quiet hours",
      "channels: { w: { platform: webchat, reply: { quietHours: '25' } } }",
      ['1:58 channels.w.reply.quietHours must look like "22:00-07:00".'],
    ],
    [
      "default model",
      "models: { default: fats, aliases: { fast: { provider: offline } } }",
      ['1:20 models.default is not an alias of models.aliases. Did you mean "fast"?'],
    ],
    [
      "fallback",
      "models: { aliases: { a: { provider: offline, fallback: [a, b] } } }",
      [
        "1:57 models.aliases.a.fallback[0] an alias cannot be its own fallback.",
        "1:60 models.aliases.a.fallback[1] is not an alias of models.aliases. There are: a.",
      ],
    ],
    [
      "alias without provider",
      "models:\n  aliases:\n    fast:\n",
      [
        "3:5 models.aliases.fast.provider is required but not set: openai, anthropic, google, azure, bedrock, openai-compatible, offline, llama or onnx.",
      ],
    ],
    [
      "alias without model and key",
      "models:\n  aliases:\n    a: { provider: openai }\n",
      [
        "3:5 models.aliases.a.model is required but not set.",
        "3:5 models.aliases.a.apiKey is required but not set: write it here or set OPENAI_API_KEY.",
      ],
    ],
    [
      "unset variable, whole",
      "channels: { t: { platform: telegram, token: ${TG} } }",
      ["1:45 channels.t.token is not set: environment variable TG is empty."],
    ],
    [
      "unset variable, part",
      "http: { publicUrl: 'https://${HOST}/' }",
      ["1:20 http.publicUrl environment variable HOST is not set."],
    ],
    [
      "unset variable of an unknown key",
      "http: { prot: ${X} }",
      ['1:9 http.prot is not a known key. Did you mean "port"?'],
    ],
    ["duplicate key", "http: { port: 1 }\nlog: {}\nhttp: {}\n", ["3:1  this key is written twice in the same block."]],
    ["tab", "http:\n\tport: 1\n", ["2:1  a tab is used for indentation; YAML wants spaces."]],
    [
      "open bracket",
      "http: { port: 1\nlog: {}\n",
      ["2:1  the indentation is wrong, or a bracket ] or } is not closed."],
    ],
    [
      "second document",
      "log: {}\n---\nlog: {}\n",
      ["2:1  a second document starts here (---); the file must hold one."],
    ],
    ["list as file", "- a\n- b\n", ['1:1  the file must hold keys, such as "channels:".']],
    ["text as file", "hello", ['1:1  the file must hold keys, such as "channels:".']],
    [
      "unknown alias",
      "owner: { name: *x }",
      ["1:16 owner.name is an alias (*name) of an anchor (&name) that is not written before it."],
    ],
    [
      "reserved character",
      "owner: { name: @ada }",
      ['1:16  a value cannot start with this character; put the value in quotes, "like this".'],
    ],
    ["prototype", "__proto__: { port: 1 }", ["1:1  has a key that is not a plain word."]],
  ];

  it("come of keys that every object inherits", async () => {
    for (const key of ["constructor", "valueOf", "toString", "hasOwnProperty"]) {
      for (const text of [
        `${key}:`,
        `http: { ${key}: }`,
        `channels: { t: { platform: telegram, token: a, ${key}: 1 } }`,
      ]) {
        expect(await faultsOf(text)).toEqual([expect.stringContaining(`${key} is not a known key`)]);
      }
      expect((await faultsOf(`channels: { t: { platform: ${key} } }`))[0]).toContain("not a known platform");
      expect(await faultsOf(`models: { aliases: { a: { provider: ${key}, model: m } } }`)).toHaveLength(1);
    }
  });

  it.each(cases)("%s", async (_name, text, expected) => {
    const found = await faultsOf(text);
    expect(found).toEqual(expected);
  });

  it("are all told at once, in the order of the file", async () => {
    const found = await faultsOf(
      "agent: { maxSteps: 0 }\nlog: { level: loud }\nhttp: { host: 0.0.0.0, prot: 1 }\nchannels: { t: { platform: telegram, mode: opne } }\n",
    );
    expect(found.map((fault) => fault.split(" ")[0])).toEqual(["1:20", "2:15", "3:1", "3:24", "4:13", "4:44"]);
  });

  it("end a bomb of aliases and endless nesting", async () => {
    const bomb = `a: &a [${"x,".repeat(9)}x]\n${"bcdefghi"
      .split("")
      .map((name, index) => `${name}: &${name} [${`*${"abcdefgh"[index]},`.repeat(10)}]`)
      .join("\n")}\n`;
    expect((await faultsOf(bomb))[0]).toContain("holds more than 20000 values");
    expect((await faultsOf("a: &x [*x]"))[0]).toContain("nested too deeply");
    expect((await faultsOf(`a: ${"[".repeat(20_000)}`)).length).toBeGreaterThan(0);
  });
});
