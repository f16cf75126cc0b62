import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { AppError } from "../../src/core/errors.ts";
import { createFakePlatforms } from "./fake-platforms.ts";

let folder: string;
const platforms = createFakePlatforms();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "parlance-config-"));
  await mkdir(join(folder, "home", ".parlance"), { recursive: true });
  await mkdir(join(folder, "cwd"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function load(env: Record<string, string> = {}, configPath?: string): ReturnType<typeof loadConfig> {
  return loadConfig({
    env,
    cwd: join(folder, "cwd"),
    home: join(folder, "home"),
    platforms,
    ...(configPath === undefined ? {} : { configPath }),
  });
}

async function write(path: string, name: string): Promise<string> {
  const file = join(folder, path);
  await writeFile(file, `owner: { name: ${name} }\n`);
  return file;
}

async function failure(promise: Promise<unknown>): Promise<AppError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof AppError)) throw new Error("no AppError", { cause: error });
  expect(error.code).toBe("config-invalid");
  return error;
}

describe("where the file is looked for", () => {
  it("is --config, PARLANCE_CONFIG, the working folder, the data folder, then nowhere", async () => {
    const none = await load();
    expect([none.source, none.config.owner.name]).toEqual([undefined, "Owner"]);
    const inData = await write("home/.parlance/parlance.yaml", "Data");
    expect((await load()).source).toBe(inData);
    const inCwd = await write("cwd/parlance.yaml", "Cwd");
    expect((await load()).source).toBe(inCwd);
    await write("cwd/env.yaml", "Env");
    expect((await load({ PARLANCE_CONFIG: "env.yaml" })).config.owner.name).toBe("Env");
    await write("home/asked.yaml", "Asked");
    expect((await load({ PARLANCE_CONFIG: "env.yaml" }, "~/asked.yaml")).config.owner.name).toBe("Asked");
  });

  it("follows PARLANCE_HOME, also from the working folder", async () => {
    await mkdir(join(folder, "cwd", "data"));
    const file = await write("cwd/data/parlance.yaml", "Ada");
    const loaded = await load({ PARLANCE_HOME: "data" });
    expect([loaded.dataFolder, loaded.source]).toEqual([join(folder, "cwd", "data"), file]);
  });

  it("says so when an asked file is missing, and by what it was asked", async () => {
    const byOption = await failure(load({}, "gone.yaml"));
    expect(byOption.message).toContain(`${join(folder, "cwd", "gone.yaml")} does not exist`);
    expect(byOption.hint).toContain("--config");
    expect((await failure(load({ PARLANCE_CONFIG: "gone.yaml" }))).hint).toContain("PARLANCE_CONFIG");
  });
});

describe("files that are none", () => {
  it("are told apart: a folder, not text, too large", async () => {
    expect((await failure(load({}, "."))).message).toContain("is a folder");
    await writeFile(join(folder, "cwd", "parlance.yaml"), Buffer.from([0x61, 0x3a, 0xff, 0xfe]));
    expect((await failure(load())).message).toContain("not UTF-8");
    await writeFile(join(folder, "cwd", "parlance.yaml"), `#${"x".repeat(1024 * 1024)}`);
    expect((await failure(load())).message).toContain("larger than 1 MB");
  });
});

describe("the message of a bad file", () => {
  it("names the file, counts the faults and lists each with its place", async () => {
    await writeFile(join(folder, "cwd", "parlance.yaml"), "log:\n  level: loud\n  levle: x\n");
    const { message } = await failure(load());
    expect(message.split("\n")).toEqual([
      `${join(folder, "cwd", "parlance.yaml")} has 2 faults:`,
      "  2:10  log.level must be debug, info, warn or error.",
      '  3:3  log.levle is not a known key. Did you mean "level"?',
    ]);
  });

  it("ends after fifty faults", async () => {
    const ids = Array.from({ length: 70 }, () => "1").join(", ");
    await writeFile(join(folder, "cwd", "parlance.yaml"), `owner: { ids: [${ids}] }`);
    const { message } = await failure(load());
    expect(message.split("\n")).toHaveLength(52);
    expect(message).toContain("and 20 more");
  });
});

describe("keys of model providers", () => {
  it("come from the environment, for the provider's own address only", async () => {
    await writeFile(
      join(folder, "cwd", "parlance.yaml"),
      "models:\n  aliases:\n    own: { provider: anthropic, model: m }\n    other: { provider: anthropic, model: m, baseUrl: http://127.0.0.1:1 }\n    none: { provider: offline }\n",
    );
    const { config, apiKeys, secrets } = await load({
      ANTHROPIC_API_KEY: "sk-1",
      GEMINI_API_KEY: "g-1",
    });
    expect(apiKeys).toEqual({ anthropic: "sk-1", google: "g-1" });
    expect(config.models.aliases["own"]?.apiKey).toBe("sk-1");
    expect("apiKey" in (config.models.aliases["other"] ?? {})).toBe(false);
    expect(config.models.aliases["none"]?.model).toBe("offline");
    expect(secrets).toEqual(expect.arrayContaining(["sk-1", "g-1"]));
  });
});

describe("where models are fetched from", () => {
  it("is told by the environment, llama.cpp's variable before Hugging Face's, and the token is a secret", async () => {
    const both = await load({ MODEL_ENDPOINT: "https://one.lan", HF_ENDPOINT: "https://two.lan", HF_TOKEN: "hf_1" });
    expect(both.downloads).toEqual({ endpoint: "https://one.lan", token: "hf_1" });
    expect(both.secrets).toContain("hf_1");
    expect((await load({ HF_ENDPOINT: "https://two.lan" })).downloads).toEqual({ endpoint: "https://two.lan" });
    expect((await load({})).downloads).toEqual({});
  });
});

describe("secrets", () => {
  it("are listed for those who blot them out: from the environment, under telling keys, in addresses", async () => {
    await writeFile(
      join(folder, "cwd", "parlance.yaml"),
      [
        "http: { port: ${PORT}, token: 0123456789abcdef-http }",
        "database: postgres://ada:hunter22@db/x",
        "channels:",
        "  tg: { platform: telegram, token: ${TG} }",
        "  m: { platform: email, address: ada@example.org, imap: { host: h, password: sesame } }",
        "models: { aliases: { a: { provider: offline, headers: { X-Key: deep } } } }",
        "plugins: { p: { file: p.wasm, keys: { API: plugin-key } } }",
      ].join("\n"),
    );
    const { secrets } = await load({ PORT: "7421", TG: "123:abcdefgh" });
    expect(secrets.toSorted()).toEqual([
      "0123456789abcdef-http",
      "123:abcdefgh",
      "deep",
      "plugin-key",
      "postgres://ada:hunter22@db/x",
      "sesame",
    ]);
  });
});
