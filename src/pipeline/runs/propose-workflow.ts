import { stringify } from "yaml";
import type { Workflow } from "../../core/workflow.ts";
import { parseWorkflow } from "../../scheduler/language/parse-workflow.ts";
import { parseWhen, type When } from "../../scheduler/triggers/natural/parse-when.ts";
import { listSlots, type KnownWorkflow } from "./workflow-views.ts";

/** A workflow that was made of one sentence, for a person to say yes or no to. */
export interface ProposedWorkflow {
  readonly workflow: Workflow;
  /** At most three, the soonest first. */
  readonly nextTimes: readonly number[];
  /** It is done once: it has no trigger, and is started when it is saved. */
  readonly isOnce: boolean;
}

const remind =
  /^(?:please |bitte )?(?:remind me|erinner[et]? mich|rappelle[- ]moi|recuérdame)(?: (?:to|of|about|that|an|daran|de|que))?\s+/i;
const missed = /\b(?:missed|verpasst|manqué|perdí|perdido)\b/iu;
/** Where they are there, they tell what was missed. */
const digests = ["daily-digest", "morning-briefing"];
const maxNameWords = 6;

/**
 * "every weekday at nine tell me what I missed" as a workflow. Undefined: no time is named in it that can be kept, or
 * nothing to do. Pure.
 */
export function proposeWorkflow(
  sentence: string,
  around: {
    readonly now: number;
    readonly timeZone: string;
    readonly known: ReadonlyMap<string, KnownWorkflow>;
  },
): ProposedWorkflow | undefined {
  const said = sentence.replaceAll(/\s+/g, " ").trim();
  const when = parseWhen(said, around.timeZone, around.now);
  if (when === undefined || when.restOfText === "") return undefined;
  const { restOfText } = when;
  const name = pickName(restOfText, around.known);
  const steps = listSteps(restOfText, around.known);
  const wait = "at" in when ? [{ id: "wait", wait: { until: `timestamp("${new Date(when.at).toISOString()}")` } }] : [];
  const text =
    `# Made of these words: ${said.replaceAll(/\p{C}/gu, " ")}\n` +
    stringify(
      {
        name,
        description: describe(restOfText, when),
        group: "daily-life",
        ...("cron" in when ? { trigger: { cron: when.cron, timeZone: around.timeZone } } : {}),
        steps: [...wait, ...steps],
      },
      { lineWidth: 0 },
    );
  const { workflow } = parseWorkflow(name, text);
  if (workflow === undefined) return undefined;
  const nextTimes = "at" in when ? [when.at] : listSlots(when.cron, around.timeZone, around.now, 3);
  return nextTimes.length === 0 ? undefined : { workflow, nextTimes, isOnce: "at" in when };
}

function listSteps(task: string, known: ReadonlyMap<string, KnownWorkflow>): readonly object[] {
  const reminder = task.replace(remind, "");
  if (reminder !== task && reminder !== "") return [{ id: "remind", send: "owner", text: plainTemplate(reminder) }];
  const fitting = pickFitting(task, known);
  if (fitting !== undefined) return [{ id: "work", workflow: fitting }];
  return [
    {
      id: "work",
      ask: "general",
      prompt: `${plainTemplate(task)}\n\nThis is done at a set time and nobody is there to answer questions: answer with the result alone.`,
    },
    { id: "tell", send: "owner", text: "{{ steps.work.output }}" },
  ];
}

/** A workflow whose name is said, or one that tells what was missed; only such as start without inputs. */
function pickFitting(task: string, known: ReadonlyMap<string, KnownWorkflow>): string | undefined {
  const words = new Set(task.toLowerCase().match(/[\p{L}\p{N}]+/gu));
  const canStart = (name: string): boolean => {
    const found = known.get(name);
    return found !== undefined && Object.values(found.workflow.inputs).every(({ isRequired }) => !isRequired);
  };
  const named = [...known.keys()].filter(
    (name) => name.includes("-") && name.split("-").every((each) => words.has(each)),
  );
  return [...named.toSorted((a, b) => b.length - a.length), ...(missed.test(task) ? digests : [])].find(canStart);
}

/** Whatever was said is said as it stands: no part of it is an expression. */
function plainTemplate(text: string): string {
  return text.replaceAll("{{", "{ {");
}

function describe(task: string, when: When): string {
  const how = "at" in when ? `Once, at ${new Date(when.at).toISOString()}` : `By the clock (${when.cron})`;
  return `${how}: ${task}`.slice(0, 300).toWellFormed();
}

function pickName(task: string, known: ReadonlyMap<string, KnownWorkflow>): string {
  const plain = task.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
  const words = (plain.match(/[a-z0-9]+/g) ?? []).slice(0, maxNameWords);
  const base = words.join("-").slice(0, 50).replace(/-$/, "") || "by-the-clock";
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? base : `${base}-${count}`;
    if (!known.has(name)) return name;
  }
}
