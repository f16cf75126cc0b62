import type { Role } from "../core/store.ts";
import type { Effect } from "../core/tool.ts";

/** "safe" is the default; "cautious" and "paranoid" ask for more; "yolo" asks only where the harm would be lasting. */
export type SafetyMode = "safe" | "cautious" | "paranoid" | "yolo";

export type Verdict = "allow" | "ask" | "deny";

export interface ToolCallQuestion {
  readonly effect: Effect;
  /** Has text from outside come into this turn? */
  readonly isTainted: boolean;
  readonly safetyMode: SafetyMode;
  /** Whose turn it is: the least trusted of its senders. */
  readonly role: Role;
  /** Effects that the persona always asks for. */
  readonly approve?: readonly Effect[];
}

export interface ToolCallDecision {
  readonly verdict: Verdict;
  /** One sentence, for the model, the card and the audit. */
  readonly reason: string;
}

/*
 * The table. Columns: an operator's own words, a member's own words, and a turn that holds text from outside (a
 * guest's turn always does). "ask" is put to an owner or admin, never to whoever wrote the message.
 *
 *                         operator   member   tainted
 *   safe      read        allow      allow    allow
 *             write       allow      ask      ask
 *             send        ask        ask      ask
 *             execute     ask        ask      ask
 *             destroy     ask        deny     ask      (a tainted turn of a member or guest: deny)
 *   cautious  read        allow      allow    allow
 *             write       ask        ask      ask
 *             send        ask        ask      ask
 *             execute     ask        deny     ask      (likewise)
 *             destroy     ask        deny     deny
 *   paranoid  read        allow      allow    ask      (a URL to read can carry words out)
 *             write       ask        ask      ask
 *             send        ask        ask      ask
 *             execute     deny       deny     deny
 *             destroy     deny       deny     deny
 *   yolo      read        allow      allow    allow
 *             write       allow      allow    ask
 *             send        allow      ask      ask
 *             execute     allow      ask      ask
 *             destroy     ask        ask      ask
 *
 * Taint never makes a verdict milder than the sender's own column, a blocked person is denied everything, and a
 * persona turns "allow" into "ask" and nothing else.
 */
type Row = readonly [operator: Verdict, member: Verdict, tainted: Verdict];

const table: Readonly<Record<SafetyMode, Readonly<Record<Effect, Row>>>> = {
  safe: {
    read: ["allow", "allow", "allow"],
    write: ["allow", "ask", "ask"],
    send: ["ask", "ask", "ask"],
    execute: ["ask", "ask", "ask"],
    destroy: ["ask", "deny", "ask"],
  },
  cautious: {
    read: ["allow", "allow", "allow"],
    write: ["ask", "ask", "ask"],
    send: ["ask", "ask", "ask"],
    execute: ["ask", "deny", "ask"],
    destroy: ["ask", "deny", "deny"],
  },
  paranoid: {
    read: ["allow", "allow", "ask"],
    write: ["ask", "ask", "ask"],
    send: ["ask", "ask", "ask"],
    execute: ["deny", "deny", "deny"],
    destroy: ["deny", "deny", "deny"],
  },
  yolo: {
    read: ["allow", "allow", "allow"],
    write: ["allow", "allow", "ask"],
    send: ["allow", "ask", "ask"],
    execute: ["allow", "ask", "ask"],
    destroy: ["ask", "ask", "ask"],
  },
};

const strictness: Readonly<Record<Verdict, number>> = { allow: 0, ask: 1, deny: 2 };

/** Decides whether a tool call may run, needs a person, or is refused. Whatever the model says has no part in it. */
export function decideToolCall(question: ToolCallQuestion): ToolCallDecision {
  const { effect, safetyMode, role } = question;
  if (role === "blocked") return { verdict: "deny", reason: "The sender is blocked." };
  const isTainted = question.isTainted || role === "guest";
  const [operator, member, tainted] = table[safetyMode][effect];
  const own = role === "owner" || role === "admin" ? operator : member;
  const verdict = isTainted && strictness[tainted] > strictness[own] ? tainted : own;
  if (verdict === "allow" && question.approve?.includes(effect) === true) {
    return { verdict: "ask", reason: `This persona always asks before it ${phrases[effect]}.` };
  }
  return { verdict, reason: explain(verdict, effect, safetyMode, isTainted) };
}

const phrases: Readonly<Record<Effect, string>> = {
  read: "reads",
  write: "writes",
  send: "sends",
  execute: "runs code",
  destroy: "destroys something",
};

function explain(verdict: Verdict, effect: Effect, mode: SafetyMode, isTainted: boolean): string {
  const what = `A tool that ${phrases[effect]}`;
  const where = isTainted ? `in a turn with text from outside, in ${mode} mode` : `in ${mode} mode for this sender`;
  if (verdict === "allow") return `${what} may run ${where}.`;
  return verdict === "ask" ? `${what} needs a person ${where}.` : `${what} is refused ${where}.`;
}
