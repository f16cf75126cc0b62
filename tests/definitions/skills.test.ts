import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadSkillFile, loadSkills, watchSkills, type Skills } from "../../src/definitions/load-skills.ts";
import { createUseSkill } from "../../src/tools/skills/use-skill.ts";
import { createToolContext, testTool } from "../contracts/tool.ts";

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "parlance-skills-"))));
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(join(folder, path, ".."), { recursive: true });
  await writeFile(join(folder, path), text);
}

const invoice =
  "---\nname: invoice\ndescription: Writes invoices for customers by the rules of the house.\nlicense: MIT\n---\nNumber them by year.";

describe("skills", () => {
  it("are folders with a SKILL.md, and the text files beside it", async () => {
    await write("invoice/SKILL.md", invoice);
    await write("invoice/rules/tax.md", "19 percent.");
    await write("invoice/logo.png", "no text");
    await write("invoice/.hidden.md", "not listed");
    const { skills, faults } = await loadSkills(folder);
    expect(faults).toEqual([]);
    const skill = skills.get("invoice");
    expect(skill).toMatchObject({ instructions: "Number them by year.", files: ["rules/tax.md"] });
    if (skill === undefined) return;
    expect(await loadSkillFile(skill, "rules/tax.md")).toBe("19 percent.");
    for (const other of ["../secret.md", "logo.png", ".hidden.md", "SKILL.md", "/etc/passwd"])
      expect(await loadSkillFile(skill, other)).toBeUndefined();
  });

  it("say what is wrong with one, and keep the others", async () => {
    await write("invoice/SKILL.md", invoice);
    await write("empty/notes.md", "nothing");
    await write("Bad Name/SKILL.md", invoice);
    await write("broken/SKILL.md", "---\nname: broken\n---\nText.");
    const { skills, faults } = await loadSkills(folder);
    expect([...skills.keys()]).toEqual(["invoice"]);
    expect(faults.map(({ problem }) => problem)).toEqual([
      expect.stringContaining("lower-case"),
      expect.stringContaining("required"),
      expect.stringContaining("no SKILL.md"),
    ]);
    expect(await loadSkills(join(folder, "no-such-folder"))).toEqual({ skills: new Map(), faults: [] });
  });

  it("do not lead out of their folder by a link", async () => {
    await write("invoice/SKILL.md", invoice);
    await symlink("/etc/hostname", join(folder, "invoice", "host.txt"));
    expect((await loadSkills(folder)).skills.get("invoice")?.files).toEqual([]);
  });

  it("are read anew when a file changes", async () => {
    const stop = new AbortController();
    const seen = Promise.withResolvers<Skills>();
    await write("invoice/SKILL.md", invoice);
    watchSkills(folder, {
      signal: stop.signal,
      onChange: (loaded) => loaded.skills.get("invoice")?.instructions === "New rules." && seen.resolve(loaded),
    });
    await write("invoice/SKILL.md", invoice.replace("Number them by year.", "New rules."));
    const nudge = setInterval(
      () => void write("invoice/SKILL.md", invoice.replace("Number them by year.", "New rules.")),
      200,
    );
    expect((await seen.promise).faults).toEqual([]);
    clearInterval(nudge);
    stop.abort();
  });
});

const skill = {
  name: "invoice",
  description: "Writes invoices for customers.",
  instructions: "Number them by year.",
  folder: "/skills/invoice",
  files: ["tax.md"],
};
function create() {
  const tool = createUseSkill({
    skills: [skill],
    readFile: async (_skill, file) => (file === "tax.md" ? "19" : undefined),
  });
  if (tool === undefined) throw new Error("no tool");
  return tool;
}

testTool("use_skill", {
  create,
  good: [{ name: "invoice" }, { name: "invoice", file: "tax.md" }],
  refused: [{ name: "invoces" }, { name: "invoice", file: "../x" }],
});

describe("use_skill", () => {
  it("names the skills, gives instructions and files, and is offered by their words", async () => {
    const tool = create();
    expect(tool.description).toContain("invoice (Writes invoices for customers.)");
    expect(tool.keywords).toEqual(["skill", "invoice", "invoices", "customers"]);
    expect((await tool.run({ name: "invoice" }, createToolContext())).text).toContain("Number them by year.");
    expect((await tool.run({ name: "invoice", file: "tax.md" }, createToolContext())).text).toBe("19");
    expect(createUseSkill({ skills: [], readFile: async () => undefined })).toBeUndefined();
  });

  it("keeps its description short, however many there are", () => {
    const many = Array.from({ length: 150 }, (_, index) => ({ ...skill, name: `skill-${index}` }));
    expect(createUseSkill({ skills: many, readFile: async () => "" })?.description.length).toBeLessThan(400);
  });
});
