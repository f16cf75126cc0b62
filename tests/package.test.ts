import { accessSync, constants, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { platforms } from "../channels/index.ts";
import { parseConfig } from "../config/parse.ts";
import { mendPackages, type LockPackages } from "../scripts/mend-lock.ts";
import { commands } from "../src/pipeline/commands/index.ts";
import { root } from "./architecture/read-sources.ts";

const read = (path: string) => readFileSync(`${root}${path}`, "utf8");
const own = JSON.parse(read("package.json")) as {
  readonly bin: Readonly<Record<string, string>>;
  readonly engines: { readonly node: string };
  readonly scripts: Readonly<Record<string, string>>;
} & Readonly<Record<"dependencies" | "devDependencies" | "optionalDependencies", Readonly<Record<string, string>>>>;
const lock = (JSON.parse(read("package-lock.json")) as { readonly packages: LockPackages }).packages;
const readme = read("README.md");

describe("package.json", () => {
  it("pins every package", () => {
    const ranges = Object.entries({ ...own.dependencies, ...own.devDependencies, ...own.optionalDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
    );
    expect(ranges).toEqual([]);
  });

  it("has a bin that can be run", () => {
    for (const path of Object.values(own.bin)) {
      accessSync(`${root}${path}`, constants.X_OK);
      expect(read(path)).toMatch(/^#!\/usr\/bin\/env node\n/);
    }
  });

  it("brings along a Node that its engines allow", () => {
    const [, major, minor] = /^>=(\d+)\.(\d+)$/.exec(own.engines.node) ?? [];
    const [ownMajor, ownMinor] = (own.devDependencies["node"] ?? "").split(".").map(Number);
    expect(ownMajor).toBe(Number(major));
    expect(ownMinor).toBeGreaterThanOrEqual(Number(minor));
    expect(read("Dockerfile")).toMatch(new RegExp(`FROM node:${major}-slim\n`));
  });
});

describe("package-lock.json", () => {
  it("is in step with package.json", () => {
    const { dependencies, devDependencies, optionalDependencies } = own;
    expect(lock[""]).toMatchObject({ dependencies, devDependencies, optionalDependencies });
  });

  it("is mended: else run npm run lock", () => {
    expect(mendPackages(lock)).toEqual(lock);
  });

  it("names no machine's registry", () => {
    expect(read("package-lock.json")).not.toMatch(/"resolved": "(?!https:\/\/registry\.npmjs\.org\/)/);
  });
});

describe("mending", () => {
  const parent = {
    version: "1.0.0",
    dev: true,
    optionalDependencies: { "@a/b-linux-x64-musl": "1.0.0", "@a/b-darwin-arm64": "1.0.0", tool: "^2.0.0" },
  };

  it("adds what is for other systems, and nothing else", () => {
    expect(mendPackages({ "": {}, "node_modules/a": parent })).toEqual({
      "": {},
      "node_modules/a": parent,
      "node_modules/@a/b-linux-x64-musl": {
        version: "1.0.0",
        cpu: ["x64"],
        dev: true,
        libc: ["musl"],
        optional: true,
        os: ["linux"],
      },
      "node_modules/@a/b-darwin-arm64": { version: "1.0.0", cpu: ["arm64"], dev: true, optional: true, os: ["darwin"] },
    });
  });

  it("leaves what is there, except for the engines of optional packages", () => {
    const engines = { node: ">=22" };
    expect(
      mendPackages({
        "node_modules/a": { version: "1.0.0", engines },
        "node_modules/b": { version: "1.0.0", optional: true, engines },
      }),
    ).toEqual({
      "node_modules/a": { version: "1.0.0", engines },
      "node_modules/b": { version: "1.0.0", optional: true },
    });
  });
});

describe("what the texts say", () => {
  const texts = ["README.md", "CONTRIBUTING.md", ".ci/run"].map((path) => [path, read(path)] as const);

  it.each(texts)("%s names scripts that there are", (_path, text) => {
    const named = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name = ""]) => name);
    expect(named.filter((name) => !(name in own.scripts))).toEqual([]);
  });

  it.each(texts)("%s names files that there are", (_path, text) => {
    const paths = [
      ...text.matchAll(/\]\((?!https?:)([^)]+)\)|`((?:src|channels|config|tests|scripts|bin)\/[\w./-]+)`/g),
    ]
      .map(([, link, code]) => link ?? code ?? "")
      // A picture that is made by hand.
      .filter((path) => path !== "docs/chat.png");
    const missing = paths.filter((path) => {
      try {
        accessSync(`${root}${path}`);
        return false;
      } catch {
        return true;
      }
    });
    expect(missing).toEqual([]);
  });

  it("has a sample configuration that holds", async () => {
    const [, yaml = ""] = /```yaml\n([^]*?)```/.exec(readme) ?? [];
    expect(yaml).toContain("channels:");
    const env = { TELEGRAM_TOKEN: "123456:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bo" };
    const { config, faults } = await parseConfig(yaml, {
      env,
      platforms,
      defaults: read("config/defaults.yaml"),
      timeZone: "UTC",
    });
    expect(faults).toEqual([]);
    expect(Object.keys(config?.channels ?? {})).toEqual(["web", "telegram"]);
  });

  it("lists the commands that there are", () => {
    const [, section = ""] = /## Commands\n([^]*?)\n## /.exec(readme) ?? [];
    const inChat = [...(/In chat:([^]*?)\n\n/.exec(section)?.[1] ?? "").matchAll(/`\/(\w+)`/g)].map(
      ([, name = ""]) => name,
    );
    expect(inChat.toSorted()).toEqual(commands.map(({ name }) => name).toSorted());
    const inTerminal = [...section.matchAll(/`npx parlance ([\w-]+)`/g)].map(([, name = ""]) => name);
    const known = [...read("src/cli.ts").matchAll(/import\("\.\/cli\/([\w-]+)\.ts"\)/g)].map(([, name = ""]) => name);
    expect([...inTerminal, "start"].toSorted()).toEqual(known.toSorted());
  });

  it("tests in CI by the command that the README gives", () => {
    expect(read(".ci/run")).toMatch(/^npm test\b/m);
    expect(readme).toMatch(/^ {4}npm test\b/m);
    accessSync(`${root}.ci/run`, constants.X_OK);
  });
});
