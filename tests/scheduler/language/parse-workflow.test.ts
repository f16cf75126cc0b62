import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { parseWorkflow } from "../../../src/scheduler/language/parse-workflow.ts";
import { checkWorkflowSet } from "../../../src/scheduler/language/check-set.ts";
import type { Workflow } from "../../../src/core/workflow.ts";
import { allKinds } from "../all-kinds.ts";

const head = "name: x\ndescription: d\ngroup: research\n";

function faultsOf(text: string): string[] {
  return parseWorkflow("x", text).faults.map(
    ({ line, column, path, problem }) => `${line}:${column} ${path} ${problem}`,
  );
}

function parse(text: string, name = "x"): Workflow {
  const { workflow, faults } = parseWorkflow(name, text);
  expect(faults).toEqual([]);
  return workflow as Workflow;
}

describe("a workflow file", () => {
  it("is read with all kinds of steps, and its defaults filled in", () => {
    const workflow = parse(allKinds, "all-kinds");
    expect(workflow.steps.map(({ kind }) => kind)).toEqual([
      "ask",
      "tool",
      "approve",
      "switch",
      "each",
      "wait",
      "workflow",
      "send",
    ]);
    expect(workflow.text).toBe(allKinds);
  });

  it("takes a step's own settings, durations in words, and expressions with or without braces", () => {
    const text = `${head}inputs: { days: { type: number, default: 3 } }
steps:
  - { id: a, if: "{{ inputs.days > 2 }}", timeout: 1h30m, retry: { attempts: 3, backoff: 5s }, tool: t, onError: continue }
  - { id: b, if: inputs.days > 2, send: owner, text: "{{ inputs.days }} days", onError: [{ id: c, send: owner, text: "{{ steps.b.error }}" }] }
`;
    expect(parse(text).steps).toEqual([
      {
        id: "a",
        kind: "tool",
        tool: "t",
        with: {},
        isRepeatable: false,
        if: "inputs.days > 2",
        timeoutMs: 5_400_000,
        retry: { attempts: 3, backoffMs: 5_000 },
        onError: "continue",
      },
      {
        id: "b",
        kind: "send",
        if: "inputs.days > 2",
        to: "owner",
        text: "{{ inputs.days }} days",
        onError: [{ id: "c", kind: "send", to: "owner", text: "{{ steps.b.error }}", onError: "fail" }],
      },
    ]);
  });

  it("takes one trigger or a list of them", () => {
    const text = `${head}inputs: { title: { type: text, default: "" } }
trigger:
  - { cron: "0 9 * * 1-5", timeZone: Europe/Berlin, catchUp: skip }
  - message: { pattern: "^deploy", channel: slack }
  - webhook: { verify: github, secret: "\${HOOK}", when: trigger.action == "opened", inputs: { title: "{{ trigger.issue.title }}" } }
  - { event: draft, when: 'trigger.channel == "mail"' }
steps: [{ id: a, wait: 1s }]
`;
    expect(parse(text).triggers).toEqual([
      { kind: "cron", cron: "0 9 * * 1-5", timeZone: "Europe/Berlin", catchUp: "skip" },
      { kind: "message", pattern: "^deploy", channel: "slack" },
      {
        kind: "webhook",
        verify: "github",
        secret: "${HOOK}",
        when: 'trigger.action == "opened"',
        inputs: { title: "{{ trigger.issue.title }}" },
      },
      { kind: "event", event: "draft", when: 'trigger.channel == "mail"' },
    ]);
  });

  const step = (yaml: string) => `${head}inputs: { days: { type: number, default: 1 } }\nsteps:\n${yaml}`;
  const cases: readonly (readonly [name: string, text: string, faults: readonly string[]])[] = [
    ["nothing", "", ["1:1  must be a block of keys: name, description, group, steps."]],
    ["bad YAML", "name: [", ["1:8  the indentation is wrong, or a bracket ] or } is not closed."]],
    [
      "another name than its file",
      "name: y\ndescription: d\ngroup: research\nsteps: [{ id: a, wait: 1s }]\n",
      ['1:7 name must be "x", as the file is called.'],
    ],
    [
      "a mistyped key, group and step at once",
      "name: x\ndescripton: d\ngroup: reserch\nsteps:\n  - id: a\n    aks: general\n    prompt: p\n",
      [
        "1:1 description is required but not set.",
        '2:1 descripton is not a known key. Did you mean "description"?',
        '3:8 group must be development, operations, security, daily-life, research or messaging. Did you mean "research"?',
        '5:5 steps[0] does not say what to do. Did you mean "ask" where it says "aks"?',
      ],
    ],
    [
      "a step that does two things",
      step("  - { id: a, wait: 1s, tool: t }\n"),
      ['6:14 steps[0].wait stands beside "tool": a step does one thing; make it two steps.'],
    ],
    [
      "a key of another kind",
      step("  - { id: a, wait: 1s, limit: 2 }\n"),
      ["6:24 steps[0].limit is not a known key. Known here: id, if, onError, timeout, wait."],
    ],
    ["a step without an id", step("  - { wait: 1s }\n"), ["6:5 steps[0].id is required but not set."]],
    [
      "an id that is taken",
      step("  - { id: a, wait: 1s }\n  - { id: a, wait: 1s }\n"),
      ['7:11 steps[1].id the id "a" is taken by another step.'],
    ],
    [
      "an id that is a word of the language",
      step("  - { id: steps, wait: 1s }\n"),
      ["6:11 steps[0].id is a word of the language: take another one."],
    ],
    [
      "a bad duration",
      step("  - { id: a, wait: 10 minutes }\n"),
      ['6:20 steps[0].wait must be a duration such as "10m", or {until: …}.'],
    ],
    [
      "an unknown input",
      step('  - { id: a, send: owner, text: "{{ inputs.dyas }}" }\n'),
      ['6:33 steps[0].text names the input "dyas", which is not there. Did you mean "days"?'],
    ],
    [
      "an unknown variable",
      step('  - { id: a, send: owner, text: "{{ input.days }}" }\n'),
      ['6:33 steps[0].text names "input", which is not there. Did you mean "inputs"?'],
    ],
    [
      "an unknown step",
      step("  - { id: fetch, wait: 1s }\n  - { id: b, if: steps.fetsh.output == null, wait: 1s }\n"),
      ['7:18 steps[1].if names the step "fetsh", which is not there. Did you mean "fetch"?'],
    ],
    [
      "a later step",
      step("  - { id: a, if: steps.b.output == 1, wait: 1s }\n  - { id: b, wait: 1s }\n"),
      ['6:18 steps[0].if names the step "b", which comes later.'],
    ],
    [
      "a field that no step has",
      step('  - { id: a, wait: 1s }\n  - { id: b, if: steps.a.title == "x", wait: 1s }\n'),
      [
        '7:18 steps[1].if names "title" of a step; there are output, state and error: did you mean steps.a.output.title?',
      ],
    ],
    [
      "a step within a list, from outside",
      step(
        '  - { id: all, each: "[1, 2]", steps: [{ id: one, wait: 1s }] }\n  - { id: b, if: steps.one.output == 1, wait: 1s }\n',
      ),
      ['7:18 steps[1].if names the step "one", which is done once for each item: use steps.all.output, a list.'],
    ],
    [
      "an expression that does not parse",
      step("  - { id: a, if: 1 +, wait: 1s }\n"),
      ["6:18 steps[0].if is not a valid expression: Unexpected token: EOF."],
    ],
    [
      "an unknown function",
      step('  - { id: a, if: "lower(inputs.days) == 1", wait: 1s }\n'),
      ["6:18 steps[0].if is not a valid expression: found no matching overload for 'lower(dyn)'."],
    ],
    [
      "a pattern in an expression",
      step('  - { id: a, if: \'"a".matches("(a+)+$")\', wait: 1s }\n'),
      [
        "6:18 steps[0].if uses matches, which is not to be had here. A pattern may take for ever on a text from outside: use contains, startsWith, endsWith or split.",
      ],
    ],
    [
      "three loops",
      step("  - { id: a, if: '[1].all(x, [1].all(y, [1].all(z, z == 1)))', wait: 1s }\n"),
      ["6:18 steps[0].if has more than 2 loops within each other."],
    ],
    [
      "open braces",
      step('  - { id: a, send: owner, text: "{{ inputs.days" }\n'),
      ['6:33 steps[0].text has "{{" without its "}}".'],
    ],
    [
      "a bad default",
      `${head}inputs: { days: { type: number, default: many } }\nsteps: [{ id: a, wait: 1s }]\n`,
      ["4:42 inputs.days.default must be a number."],
    ],
    [
      "a schedule without a required input",
      `${head}inputs: { who: { type: text } }\ntrigger: { cron: "0 9 * * *" }\nsteps: [{ id: a, wait: 1s }]\n`,
      ['5:10 trigger starts it without the input "who", which is required: give it a default.'],
    ],
    [
      "a bad cron pattern",
      `${head}trigger: { cron: "61 9 * * *" }\nsteps: [{ id: a, wait: 1s }]\n`,
      [
        '4:18 trigger.cron cannot be kept: "61 9 * * *" is no cron pattern: Invalid value for minute: 61. Use five fields (minute hour day month weekday), as in "0 9 * * 1-5".',
      ],
    ],
    [
      "an event whose name is nearly right",
      `${head}trigger: { event: drafts }\nsteps: [{ id: a, wait: 1s }]\n`,
      [
        '4:19 trigger.event must be decision, draft, follow-up, promise, digest, approval, rule, style or run. Did you mean "draft"?',
      ],
    ],
    [
      "an event that nothing tells of",
      `${head}trigger: { event: run.failed }\nsteps: [{ id: a, wait: 1s }]\n`,
      ["4:19 trigger.event must be decision, draft, follow-up, promise, digest, approval, rule, style or run."],
    ],
    [
      "a secret in the file",
      `${head}trigger: { webhook: { verify: hmac, secret: s3cret } }\nsteps: [{ id: a, wait: 1s }]\n`,
      [
        "4:45 trigger.webhook.secret must name an environment variable, as in ${HOOK_SECRET}: the secret itself does not belong into a workflow.",
      ],
    ],
  ];
  it.each(cases)("says where and what to mend: %s", (_name, text, faults) => {
    expect(faultsOf(text)).toEqual(faults);
  });

  it("never throws, whatever the text is, and gives a workflow or a reason", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.string().map((text) => `${head}${text}`),
        ),
        (text) => {
          const { workflow, faults } = parseWorkflow("x", text);
          expect(workflow === undefined).toBe(faults.length > 0);
        },
      ),
    );
  });

  it("never throws on YAML of its own words in any arrangement", () => {
    const words = [
      "id",
      "if",
      "ask",
      "prompt",
      "tool",
      "with",
      "send",
      "text",
      "switch",
      "when",
      "steps",
      "else",
      "each",
      "as",
      "wait",
      "until",
      "workflow",
      "onError",
      "retry",
      "cron",
      "message",
      "webhook",
      "inputs",
      "type",
      "default",
    ];
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom(
          "owner",
          "{{ steps.a.output }}",
          "{{",
          "1s",
          "a",
          "[1].map(x, y)",
          "x.?y",
          "text",
          1,
          true,
          null,
        ),
        fc.array(tie("tree"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...words), tie("tree"), { maxKeys: 5 }),
      ),
    }));
    fc.assert(
      fc.property(fc.array(tree, { maxLength: 3 }), tree, tree, (steps, trigger, inputs) => {
        const text = stringify({ name: "x", description: "d", group: "research", inputs, trigger, steps });
        for (const fault of parseWorkflow("x", text).faults) {
          expect(fault.line).toBeGreaterThan(0);
          expect(fault.problem).not.toBe("");
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("workflows beside each other", () => {
  const calling = (name: string, called: string, extra = "") =>
    [
      name,
      parse(
        `name: ${name}\ndescription: d\ngroup: research\n${extra}steps:\n  - { id: sub, workflow: ${called}, with: {} }\n`,
        name,
      ),
    ] as const;
  const problems = (...all: ReadonlyArray<readonly [string, Workflow]>) =>
    [...checkWorkflowSet(new Map(all))].map(([name, faults]) => [
      name,
      faults.map((fault) => `${fault.line}:${fault.column} ${fault.path} ${fault.problem}`),
    ]);

  it("may call each other, but not in a circle, and only those that are there", () => {
    const plain = (name: string) =>
      [name, parse(`name: ${name}\ndescription: d\ngroup: research\nsteps: [{ id: a, wait: 1s }]\n`, name)] as const;
    expect(problems(calling("a", "b"), plain("b"))).toEqual([]);
    expect(problems(calling("a", "b"), calling("b", "c"), calling("c", "a")).map(([name]) => name)).toEqual([
      "a",
      "b",
      "c",
    ]);
    expect(problems(calling("a", "a"))).toEqual([["a", ["5:26 steps[0].workflow leads back to itself: a → a."]]]);
    expect(problems(calling("a", "bb-c"), plain("bbc"))).toEqual([
      ["a", ['5:26 steps[0].workflow names the workflow "bb-c", which is not there. Did you mean "bbc"?']],
    ]);
  });

  it("gives what the called one needs", () => {
    const needy = parse(
      "name: b\ndescription: d\ngroup: research\ninputs: { who: { type: text } }\nsteps: [{ id: a, wait: 1s }]\n",
      "b",
    );
    expect(problems(calling("a", "b"), ["b", needy])).toEqual([
      ["a", ['5:26 steps[0].workflow needs the input "who" of b under with.']],
    ]);
  });

  it("name personas and tools that are there", () => {
    const workflow = parse(`${head}steps:\n  - { id: a, ask: genral, prompt: p }\n  - { id: b, tool: web_serch }\n`);
    const faults = checkWorkflowSet(new Map([["x", workflow]]), {
      personas: ["general"],
      tools: new Map([["web_search", { type: "object" }]]),
    });
    expect(faults.get("x")?.map(({ line, problem }) => `${line} ${problem}`)).toEqual([
      '5 names the persona "genral", which is not there. Did you mean "general"?',
      '6 names the tool "web_serch", which is not there. Did you mean "web_search"?',
    ]);
  });

  it("give tools what they take, as far as that can be told before templates are filled in", () => {
    const note = {
      type: "object",
      properties: { path: { type: "string" }, text: { type: "string" }, lines: { type: "integer" } },
      required: ["path", "text"],
      additionalProperties: false,
    };
    const problemsOf = (input: string, hasOtherTools = false) =>
      [
        ...checkWorkflowSet(new Map([["x", parse(`${head}steps: [{ id: a, tool: note, with: ${input} }]\n`)]]), {
          tools: new Map([["note", note]]),
          hasOtherTools,
        }).values(),
      ].flatMap((faults) => faults.map(({ line, path, problem }) => `${line} ${path} ${problem}`));
    expect(problemsOf('{ path: a, text: "{{ 1 }}", lines: "{{ 1 }}" }')).toEqual([]);
    expect(problemsOf("{ path: a, content: b }")).toEqual([
      '4 steps[0].with does not fit note: "text" is required. The input has no field "content"; it has path, text, lines.',
    ]);
    expect(problemsOf('{ path: 5, txet: "{{ 1 }}", text: b }', true)).toEqual([
      '4 steps[0].with does not fit note: "path" must be a text. The input has no field "txet"; it has path, text, lines.',
    ]);
  });
});
