import type { Choice } from "../core/message.ts";
import type { ConversationState } from "../core/store.ts";

/**
 * How the mail of a turn is answered. Read from the mail itself, so that a turn taken up after a crash is answered in
 * the same way. `text` stands for the mail where the mail is a command.
 */
export type TurnMode =
  | { readonly kind: "answer" }
  | { readonly kind: "council"; readonly text: string }
  /** Only a plan: no tool but those that look. */
  | { readonly kind: "plan"; readonly text: string }
  /** Carries out a plan that a person has read, and perhaps changed. */
  | { readonly kind: "carry-out"; readonly text: string }
  /** What was asked last, once more. */
  | { readonly kind: "retry" };

/** What can be done with a plan. */
export const planChoices: readonly Choice[] = [
  { label: "Carry it out", command: "/plan go", style: "primary" },
  { label: "Drop it", command: "/plan drop" },
];

/** Words behind /plan that are not a task. */
export const planWords: ReadonlySet<string> = new Set(["go", "drop", "edit", "show"]);

/** The mode that a command asks for; undefined: the command is answered without a model. */
export function pickTurnMode(
  command: { readonly name: string; readonly argument: string } | undefined,
  conversation: Pick<ConversationState, "plan">,
): TurnMode | undefined {
  if (command === undefined) return { kind: "answer" };
  const { name, argument } = command;
  if (name === "retry" && argument === "") return { kind: "retry" };
  if (argument === "") return undefined;
  if (name === "council") return { kind: "council", text: argument };
  if (name !== "plan") return undefined;
  const [word = ""] = argument.toLowerCase().split(/\s/, 1);
  if (word === "go" && conversation.plan !== undefined)
    return { kind: "carry-out", text: formatOrder(conversation.plan) };
  return planWords.has(word) ? undefined : { kind: "plan", text: formatPlanRequest(argument) };
}

function formatPlanRequest(task: string): string {
  return `Write a plan for this task, and do nothing of it yet: ${task}\n\nNumbered steps, each one thing to do, with the tool or person it needs and what could go wrong. Say what you would need to know first. At most 15 steps; only the plan.`;
}

function formatOrder(plan: string): string {
  return `I have read this plan and agree to it. Carry it out step by step, and say at the end what was done and what was not:\n\n${plan}`;
}
