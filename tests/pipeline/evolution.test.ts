import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { formatInstructionsDiff } from "../../src/agent/evolve-persona.ts";
import { loadPersonas } from "../../src/definitions/load-personas.ts";
import { createPersonaFiles } from "../../src/definitions/save-persona.ts";
import { createScriptedModel, type Script, type ScriptedModel } from "../doubles/scripted-model.ts";
import { inbound } from "../store/mail.ts";
import { createFakePlatform } from "./fake-platform.ts";
import { createScene, type Process, type Scene } from "./scene.ts";

describe("a persona's evolution", () => {
  let scene: Scene;
  let process: Process;
  let model: ScriptedModel;
  let count = 0;
  afterEach(() => scene.close());

  async function begin(script: Script): Promise<void> {
    model = createScriptedModel(script, { id: "main" });
    const persona = { instructions: "Be brief.\nBe kind." };
    scene = await createScene({ platform: createFakePlatform(), model, persona, ownerIds: ["test:owner"] });
    process = scene.begin();
  }
  const owner = { id: "test:owner", name: "Grace", isBot: false };
  async function say(text: string, sender = owner): Promise<string> {
    await process.receive(inbound(`m${(count += 1)}`, { text, sender }));
    await scene.settle(process);
    return scene.platform.shown.at(-1)?.text ?? "";
  }
  async function rateTen(): Promise<string> {
    let said = "";
    for (let index = 0; index < 10; index += 1) {
      await say(`question ${index}`);
      said = await say(index % 2 === 0 ? "/rate bad too long" : "/rate good");
    }
    return said;
  }

  it("needs ten judgements, shows a diff, and changes nothing before a person accepts", async () => {
    await begin((request) => (request.system.startsWith("You improve") ? "Be very brief.\nBe kind." : "An answer."));
    await say("hello");
    expect(await say("/rate good")).toBe("Noted for **general**.");
    expect(await say("/evolve general")).toContain("has 1 judgements; 10 are needed");
    expect(await rateTen()).toContain("/evolve general");
    expect(await say("/evolve")).toContain("**general**: 6 of 11 found good");
    const shown = await say("/evolve general");
    expect(shown).toContain("- Be brief.\n+ Be very brief.\n  Be kind.");
    expect(model.requests.at(-1)?.messages[0]?.content[0]).toMatchObject({
      text: expect.stringContaining("- rejected: too long"),
    });
    expect(scene.savedPersonas).toEqual([]);
    expect(await say("/evolve general accept")).toContain("new instructions");
    expect(scene.savedPersonas).toEqual([["general", "Be very brief.\nBe kind."]]);
    expect(await say("/evolve general accept")).toContain("no open proposal");
    expect(await say("/evolve general back")).toContain("as it was before");
    expect(scene.savedPersonas).toEqual([]);
    expect(await say("/evolve general back")).toContain("never changed");
  });

  it("can be refused, and counts anew then", async () => {
    await begin((request) => (request.system.startsWith("You improve") ? "Be loud." : "An answer."));
    await rateTen();
    await say("/evolve general");
    scene.clock.advance(1_000);
    expect(await say("/evolve general refuse")).toContain("Dropped");
    expect(await say("/evolve general accept")).toContain("no open proposal");
    expect(await say("/evolve general")).toContain("has 0 judgements");
    expect(scene.savedPersonas).toEqual([]);
  });

  it("counts one judgement for one answer, the last one, and is no business of members", async () => {
    await begin(() => "An answer.");
    expect(await say("/rate good")).toContain("not answered anything");
    await say("hello");
    await say("/rate good");
    await say("/rate bad");
    expect(await say("/evolve")).toContain("0 of 1 found good");
    expect(await say("/rate")).toContain("Write it as");
    expect(await say("/evolve general", { id: "test:ada", name: "Ada", isBot: false })).toContain("for admins");
  });

  it("leaves a persona as it is when the model runs away with it", async () => {
    await begin((request) => (request.system.startsWith("You improve") ? "word ".repeat(2_000) : "An answer."));
    await rateTen();
    expect(await say("/evolve general")).toContain("could not answer");
    expect(await say("/evolve general accept")).toContain("no open proposal");
  });
});

describe("a diff of instructions", () => {
  it("shows what changes, and a little around it", () => {
    const lines = Array.from({ length: 20 }, (_, index) => `line ${index}`);
    const changed = lines.with(10, "another line");
    expect(formatInstructionsDiff(lines.join("\n"), changed.join("\n"))).toBe(
      "…\n  line 8\n  line 9\n- line 10\n+ another line\n  line 11\n  line 12\n…",
    );
  });
});

describe("the files of changed personas", () => {
  it("keep the front matter, the history, and the shipped file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "parlance-evolve-"));
    const folders = [join(folder, "shipped"), join(folder, "own")] as const;
    await mkdir(folders[0]);
    const shipped = "---\ndescription: Answers.\nmaxSteps: 3\n---\n\nBe kind.\n";
    await writeFile(join(folders[0], "kind.md"), shipped);
    let time = 1_000;
    const files = createPersonaFiles(folders, () => (time += 1));
    const instructions = async () => {
      const { personas, faults } = await loadPersonas(folders, { maxSteps: 20 });
      expect(faults).toEqual([]);
      return personas.get("kind");
    };
    await files.save("kind", "Be very kind.");
    expect(await instructions()).toMatchObject({ instructions: "Be very kind.", description: "Answers.", maxSteps: 3 });
    await files.save("kind", "Be kinder still.");
    expect(await files.history("kind")).toEqual([1_002, 1_001]);
    expect(await files.rollBack("kind")).toBe(true);
    expect((await instructions())?.instructions).toBe("Be very kind.");
    expect(await files.rollBack("kind")).toBe(true);
    expect((await instructions())?.instructions).toBe("Be kind.");
    expect(await files.rollBack("kind")).toBe(false);
    expect(await readFile(join(folders[0], "kind.md"), "utf8")).toBe(shipped);
    await expect(files.save("unknown", "x")).rejects.toMatchObject({ code: "not-found" });
    await rm(folder, { recursive: true });
  });
});
