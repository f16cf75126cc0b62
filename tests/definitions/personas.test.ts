import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  formatDefinitionFault,
  loadPersonas,
  type Personas,
  watchPersonas,
} from "../../src/definitions/load-personas.ts";
import { parsePersona } from "../../src/definitions/parse-persona.ts";

const defaults = { maxSteps: 20 };
const shipped = new URL("../../personas", import.meta.url).pathname;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "parlance-personas-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function faultsOf(text: string): string[] {
  return parsePersona("x", text, defaults).faults.map(
    (fault) => `${fault.line}:${fault.column} ${fault.path} ${fault.problem}`,
  );
}

describe("a persona file", () => {
  it("is front matter and instructions, with defaults for what it does not say", () => {
    const text = "---\r\ndescription: Answers.\r\n---\r\n\r\nBe kind.\r\n\r\n---\r\nReally.\r\n";
    expect(parsePersona("kind", text, defaults)).toEqual({
      persona: {
        name: "kind",
        description: "Answers.",
        instructions: "Be kind.\n\n---\nReally.",
        replyMode: "auto",
        maxSteps: 20,
      },
      faults: [],
    });
  });

  it("keeps everything that it says", () => {
    const text =
      "---\ndescription: d\nmodel: smart\ntools: []\napprove: [send]\nreplyMode: silent\nmaxSteps: 3\ntemperature: 0\nbudget: 1.5\nwhen: { channels: [tg], people: ['tg:1'], patterns: ['^a'] }\n---\nGo.";
    expect(parsePersona("x", text, defaults).persona).toEqual({
      name: "x",
      description: "d",
      instructions: "Go.",
      model: "smart",
      tools: [],
      approve: ["send"],
      replyMode: "silent",
      maxSteps: 3,
      temperature: 0,
      budget: 1.5,
      when: { channels: ["tg"], people: ["tg:1"], patterns: ["^a"] },
    });
  });

  const cases: readonly (readonly [name: string, text: string, faults: readonly string[]])[] = [
    ["nothing", "", ["1:1  must begin with a line of three dashes (---) and its front matter."]],
    ["no front matter", "# Hello", ["1:1  must begin with a line of three dashes (---) and its front matter."]],
    [
      "open front matter",
      "---\ndescription: d\n",
      ["1:1  the front matter is not closed by a line of three dashes (---)."],
    ],
    ["no instructions", "---\ndescription: d\n---\n  \n", ["3:1  has no instructions below the front matter."]],
    ["no description", "---\nmodel: a\n---\nGo.", ["2:1 description is required but not set."]],
    ["empty front matter", "---\n---\nGo.", ["2:1 description is required but not set."]],
    ["unknown key", "---\ndescription: d\nmodle: a\n---\nGo.", ['3:1 modle is not a known key. Did you mean "model"?']],
    [
      "bad values",
      "---\ndescription: d\ntools: calculator\napprove: [sned]\nmaxSteps: 0\n---\nGo.",
      [
        "3:8 tools must be a list.",
        '4:11 approve[0] must be read, write, send, execute or destroy. Did you mean "send"?',
        "5:11 maxSteps must be at least 1.",
      ],
    ],
    [
      "bad pattern",
      "---\ndescription: d\nwhen:\n  patterns: ['(']\n---\nGo.",
      ["4:14 when.patterns[0] is not a valid regular expression."],
    ],
    [
      "bad YAML",
      "---\ndescription: a: b\n---\nGo.",
      ['2:14  the indentation is wrong, or the value holds ": " and must be put in quotes.'],
    ],
    ["list", "---\n- a\n---\nGo.", ["2:1  must be a block of keys."]],
  ];

  it.each(cases)("has a place for its fault: %s", (_name, text, expected) => {
    expect(faultsOf(text)).toEqual(expected);
  });

  it("never throws, whatever it holds", () => {
    const scraps = fc.constantFrom(
      "---",
      "\n",
      "description:",
      "x",
      "\t",
      "[",
      "{",
      "*a",
      "&a",
      ": ",
      "when:",
      "\r\n",
      "- ",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(scraps, fc.string({ maxLength: 4 })), { maxLength: 30 }), (parts) => {
        const parsed = parsePersona("x", `---\n${parts.join("")}\n---\nGo.`, defaults);
        expect(parsed.persona === undefined).toBe(parsed.faults.length > 0);
      }),
      { numRuns: 500 },
    );
  });
});

describe("folders of personas", () => {
  const good = (description: string): string => `---\ndescription: ${description}\n---\nGo.\n`;

  it("shadow one another; a bad file is told and leaves the shadowed one in force", async () => {
    const [first, second] = [join(folder, "a"), join(folder, "b")];
    await mkdir(first);
    await mkdir(second);
    await writeFile(join(first, "one.md"), good("first one"));
    await writeFile(join(first, "two.md"), good("first two"));
    await writeFile(join(second, "one.md"), good("second one"));
    await writeFile(join(second, "two.md"), "---\ndescription: [\n---\nGo.\n");
    await writeFile(join(second, "Three.md"), good("three"));
    await writeFile(join(second, "README.md"), "# Notes");
    await writeFile(join(second, "notes.txt"), "x");
    await writeFile(join(second, "four.md"), Buffer.from([0xff, 0xfe]));
    await writeFile(join(second, "five.md"), "x".repeat(70_000));
    const { personas, faults } = await loadPersonas([first, second, join(folder, "none")], defaults);
    expect([...personas.values()].map(({ name, description }) => [name, description])).toEqual([
      ["one", "second one"],
      ["two", "first two"],
    ]);
    const told = faults
      .map(formatDefinitionFault)
      .map((line) => line.replace(`${second}/`, ""))
      .toSorted();
    expect(told).toEqual([
      "Three.md:1:1 a persona's file name must be of lower-case letters, digits and dashes.",
      "five.md:1:1 is larger than 65536 bytes.",
      "four.md:1:1 is not UTF-8 text.",
      "two.md:2:15 the indentation is wrong, or a bracket ] or } is not closed.",
    ]);
  });

  it("are read again when a file changes, also one whose folder comes later", async () => {
    const late = join(folder, "late");
    await writeFile(join(folder, "one.md"), good("old"));
    const stop = new AbortController();
    const seen: Personas[] = [];
    watchPersonas([folder, late], {
      defaults,
      onChange: (loaded) => seen.push(loaded),
      signal: stop.signal,
      debounceMs: 20,
    });
    await writeFile(join(folder, "one.md"), good("new"));
    await vi.waitFor(() => expect(seen.at(-1)?.personas.get("one")?.description).toBe("new"));
    await mkdir(late);
    await writeFile(join(late, "one.md"), good("late"));
    await vi.waitFor(() => expect(seen.at(-1)?.personas.get("one")?.description).toBe("late"), {
      timeout: 8000,
    });
    stop.abort();
    const count = seen.length;
    await writeFile(join(folder, "one.md"), good("ignored"));
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(seen).toHaveLength(count);
  });
});

describe("the shipped personas", () => {
  it("are nine, without faults, short, and each warns of text that gives orders", async () => {
    const { personas, faults } = await loadPersonas([shipped], defaults);
    expect(faults).toEqual([]);
    expect([...personas.keys()].toSorted()).toEqual([
      "architect",
      "delegate",
      "deployment-engineer",
      "general",
      "incident-commander",
      "mlops-engineer",
      "observability-expert",
      "reliability-engineer",
      "security-guardian",
    ]);
    for (const { name, instructions } of personas.values()) {
      expect(instructions.length, name).toBeLessThan(name === "general" ? 900 : 2500);
      expect(instructions, name).toMatch(/\bdata\b/);
      expect(instructions, name).toMatch(/language of the (writer|message)/);
    }
    expect(personas.get("delegate")?.replyMode).toBe("draft");
  });

  it("find their own questions, and leave ordinary ones to general", async () => {
    const { personas } = await loadPersonas([shipped], defaults);
    const matching = (text: string): string[] =>
      [...personas.values()]
        .filter(({ when }) => when?.patterns?.some((pattern) => new RegExp(pattern, "iu").test(text)))
        .map(({ name }) => name);
    expect(matching("ping")).toEqual([]);
    expect(matching("What shall we have for lunch on Friday?")).toEqual([]);
    expect(matching("production is down, who takes it?")).toEqual(["incident-commander"]);
    expect(matching("write me a PromQL query for the error rate")).toEqual(["observability-expert"]);
    expect(matching("is CVE-2024-3094 a problem for us?")).toEqual(["security-guardian"]);
    expect(matching("how do I roll back the canary")).toEqual(["deployment-engineer"]);
    expect(matching("what error budget is left this month")).toEqual(["reliability-engineer"]);
    expect(matching("can vllm serve this with 24 GB")).toEqual(["mlops-engineer"]);
    expect(matching("review the system design of the billing service")).toEqual(["architect"]);
  });
});
