import { mkdir, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { compilePlugin, echo } from "../doubles/wasm-plugin.ts";
import { createHome, type Home } from "./program.ts";

let home: Home;
afterEach(() => home.remove());

const pinned = "0".repeat(64);

it("plugins are listed with what each may reach, looked into before, and judged by the doctor", async () => {
  home = await createHome(`
models: { aliases: { quiet: { provider: offline } } }
http: { port: 0 }
plugins:
  notes:
    file: plugins/notes.wasm
    hosts: ["*.example.org"]
    keys: { API_KEY: a-very-secret-key }
    folders: { out: { path: reports, access: write }, all: { path: ., access: read } }
    effect: read
  other: { file: plugins/notes.wasm, sha256: "${pinned}" }
`);
  await mkdir(join(home.folder, "plugins"));
  const file = join(home.folder, "plugins/notes.wasm");
  const bytes = await compilePlugin({ call: echo });
  await writeFile(file, bytes);
  const sha256 = createHash("sha256").update(bytes).digest("hex");

  const list = await home.run(["plugins"]);
  expect(list.status).toBe(1);
  expect(list.out).toContain("✔ notes");
  expect(list.out).toMatch(/notes_echo +read +notes: Says what it was told, for tests\./);
  expect(list.out).toContain("hosts   *.example.org");
  expect(list.out).toContain("keys    API_KEY");
  expect(list.out).toContain(`out (write: ${join(home.folder, "reports")})`);
  expect(list.out).toContain("✘ other");
  expect(list.out).toContain(`It is ${sha256}`);
  const json = await home.run(["plugins", "list", "--json"]);
  expect(JSON.parse(json.out)).toMatchObject([
    { name: "notes", state: "up", isPinned: false, tools: [{ name: "notes_echo", effect: "read" }] },
    { name: "other", state: "down", isPinned: true, tools: [] },
  ]);

  const check = await home.run(["plugins", "check", "plugins/notes.wasm"]);
  expect(check).toMatchObject({ status: 0, err: "" });
  expect(check.out).toContain(sha256);
  expect(check.out).toContain("Says what it was told");
  expect((await home.run(["plugins", "check"])).err).toContain("The file is missing.");
  const doctor = await home.run(["doctor"]);
  expect(doctor.out).toContain('its folder "all" holds the data folder');
  expect(doctor.out).toContain("not the one that was agreed to");
  expect(JSON.stringify([list, json, check, doctor, await home.run(["config", "show"])])).not.toContain("very-secret");
}, 60_000);
