import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { formatDefinitionFault } from "../../src/definitions/load-personas.ts";
import { loadWorkflows, watchWorkflows, type Workflows } from "../../src/definitions/load-workflows.ts";
import { checkWorkflowSet } from "../../src/scheduler/language/check-set.ts";
import { parseWorkflow } from "../../src/scheduler/language/parse-workflow.ts";

const language = { parse: parseWorkflow, check: checkWorkflowSet };
let root: string;
let shipped: string;
let own: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "parlance-workflows-"));
  shipped = join(root, "shipped");
  own = join(root, "own");
  await mkdir(join(shipped, "operations"), { recursive: true });
  await mkdir(own);
});

afterEach(() => rm(root, { recursive: true, force: true }));

const good = (name: string, text = "hi") =>
  `name: ${name}\ndescription: ${text}\ngroup: operations\nsteps:\n  - { id: a, wait: 1s }\n`;
const calling = (name: string, called: string) =>
  `name: ${name}\ndescription: d\ngroup: operations\nsteps:\n  - { id: sub, workflow: ${called} }\n`;
const load = (before?: Workflows) => loadWorkflows([shipped, own], language, before);
const faultsOf = ({ faults }: Workflows) => faults.map((fault) => formatDefinitionFault(fault).replace(`${root}/`, ""));
const described = ({ workflows }: Workflows) =>
  [...workflows]
    .map(([name, { workflow, isOld }]) => `${name} ${workflow.description}${isOld ? " (old)" : ""}`)
    .toSorted();

describe("workflow files", () => {
  it("are read from all folders, folders in them too, and own ones shadow those that are shipped", async () => {
    await writeFile(join(shipped, "operations", "one.yaml"), good("one", "shipped"));
    await writeFile(join(shipped, "two.yml"), good("two", "shipped"));
    await writeFile(join(own, "one.yaml"), good("one", "own"));
    const loaded = await load();
    expect(loaded.faults).toEqual([]);
    expect(described(loaded)).toEqual(["one own", "two shipped"]);
  });

  it("with faults are told by file, line and mend, and take no others down", async () => {
    await writeFile(join(shipped, "one.yaml"), good("one", "shipped"));
    await writeFile(join(own, "one.yaml"), good("one").replace("wait", "wiat"));
    await writeFile(join(own, "two.yaml"), good("two"));
    await writeFile(join(own, "Three.yaml"), good("three"));
    await writeFile(join(own, "bytes.yaml"), Buffer.from([0xff, 0xfe, 0x80]));
    const loaded = await load();
    expect(described(loaded)).toEqual(["one shipped", "two hi"]);
    expect(faultsOf(loaded)).toEqual([
      "own/Three.yaml:1:1 a workflow's file name must be of lower-case letters, digits and dashes.",
      "own/bytes.yaml:1:1 is not UTF-8 text.",
      'own/one.yaml:5:5 steps[0] does not say what to do. Did you mean "wait" where it says "wiat"?',
    ]);
  });

  it("that become faulty go on with their last good version until they are mended", async () => {
    await writeFile(join(own, "one.yaml"), good("one", "first"));
    const first = await load();
    await writeFile(join(own, "one.yaml"), "name: [");
    const second = await load(first);
    expect(described(second)).toEqual(["one first (old)"]);
    expect(second.faults).toHaveLength(1);
    const third = await load(second);
    expect(described(third)).toEqual(["one first (old)"]);
    await writeFile(join(own, "one.yaml"), good("one", "second"));
    expect(described(await load(third))).toEqual(["one second"]);
    await rm(join(own, "one.yaml"));
    expect(described(await load(third))).toEqual([]);
  });

  it("that call each other in a circle, or what is not there, are left out, and those that need them", async () => {
    await writeFile(join(own, "a.yaml"), calling("a", "b"));
    await writeFile(join(own, "b.yaml"), calling("b", "a"));
    await writeFile(join(own, "c.yaml"), calling("c", "a"));
    await writeFile(join(own, "d.yaml"), good("d"));
    const loaded = await load();
    expect(described(loaded)).toEqual(["d hi"]);
    expect(faultsOf(loaded)).toEqual([
      "own/a.yaml:5:26 steps[0].workflow leads back to itself: a → b → a.",
      "own/b.yaml:5:26 steps[0].workflow leads back to itself: b → a → b.",
      'own/c.yaml:5:26 steps[0].workflow names the workflow "a", which is not there.',
    ]);
  });

  it("are read again when they change, and only then", async () => {
    await writeFile(join(own, "one.yaml"), good("one", "first"));
    const stop = new AbortController();
    const seen: string[][] = [];
    watchWorkflows([shipped, own], {
      language,
      loaded: await load(),
      onChange: (loaded) => seen.push(described(loaded)),
      signal: stop.signal,
      debounceMs: 10,
    });
    try {
      await writeFile(join(own, "one.yaml"), good("one", "second"));
      await vi.waitFor(() => expect(seen.at(-1)).toEqual(["one second"]), { timeout: 5_000 });
      await writeFile(join(own, "one.yaml"), "name: [");
      await vi.waitFor(() => expect(seen.at(-1)).toEqual(["one second (old)"]), { timeout: 5_000 });
      const count = seen.length;
      await writeFile(join(own, "one.yaml"), "name: [");
      await writeFile(join(own, "two.yaml"), good("two"));
      await vi.waitFor(() => expect(seen.at(-1)).toEqual(["one second (old)", "two hi"]), { timeout: 5_000 });
      expect(seen.length - count).toBeLessThanOrEqual(2);
    } finally {
      stop.abort();
    }
  });
});
