import type { ThreadStatus } from "../core/cdc.ts";
import type { MessageKind } from "./classification.ts";
import { defineWords } from "./languages/language-rules.ts";

/** Something written in a thread, with what was understood of it. */
export interface ThreadEvent {
  readonly by: "owner" | "us" | "other";
  /** What to call whoever wrote it. */
  readonly name?: string;
  readonly at: number;
  readonly kind: MessageKind;
  /** Of others: does it ask something of us? Of ours: does it ask something of them? */
  readonly asks: boolean;
  /** It promises something, so an answer is still to come. */
  readonly promises?: boolean;
  /** It takes back what its writer asked: `withdrawsQuestion`. */
  readonly withdraws?: boolean;
}

export interface ThreadStanding {
  readonly status: ThreadStatus;
  /** In plain words, for people. */
  readonly reason: string;
}

const withdrawal = defineWords(
  "never ?mind|forget (?:it|about it|that|what i (?:said|asked))|(?:i )?(?:found|figured|sorted|solved|got) it(?: out| myself| now)?|(?:that['’]s|it['’]s|all) (?:sorted|solved|settled)|no longer needed|(?:it )?(?:has|['’]s) (?:sorted|solved|resolved) itself|ignore my (?:last )?(?:message|question|mail|e-?mail)",
  "hat sich (?:schon |bereits |inzwischen |gerade )?erledigt|schon (?:gefunden|gelöst)|vergiss (?:es|meine frage)|hab(?:['’]s| es) (?:schon )?gefunden|nicht mehr nötig",
  "c['’]est (?:bon|réglé|résolu)|j['’]ai (?:trouvé|résolu)|laisse tomber|laissez tomber|oublie(?:z)? (?:ma question|mon message)|plus la peine|plus besoin",
  "olvídalo|déjalo|ya (?:lo )?(?:encontré|he encontrado|está|resolví|lo tengo)|no hace falta ya|ya no hace falta|no te preocupes ya",
);
const maxWithdrawalWords = 14;
const machines: ReadonlySet<MessageKind> = new Set(["automated", "notification", "spam"]);

/** Does a text take back what its writer asked before: "never mind, found it"? Long texts say something besides. */
export function withdrawsQuestion(text: string): boolean {
  if (text.includes("?") || text.trim().split(/\s+/).length > maxWithdrawalWords) return false;
  return withdrawal.test(text);
}

/**
 * Where a thread stands: whose turn it is. What machines write changes nothing, and who wrote last of us is as good
 * as answered: what is still owed is a promise, and kept elsewhere. Events may come in any order.
 */
export function decideThreadStatus(events: readonly ThreadEvent[]): ThreadStanding {
  const written = events.filter(({ kind }) => !machines.has(kind)).toSorted((one, next) => one.at - next.at);
  if (written.length === 0) return { status: "fyi", reason: "only machines wrote" };
  const lastOurs = written.findLastIndex(({ by }) => by !== "other");
  const ours = written[lastOurs];
  const theirs = written.slice(lastOurs + 1);
  const asking = findOpenQuestion(theirs);
  if (asking !== undefined) return { status: "to-reply", reason: `${nameOf(asking)} asked` };
  if (ours === undefined)
    return theirs.some(({ asks }) => asks)
      ? { status: "done", reason: `${nameOf(theirs.at(-1))} does not need it any more` }
      : { status: "fyi", reason: "nothing is asked of you" };
  const who = ours.by === "owner" ? "you" : "I";
  const answer = theirs.findLast(({ kind, promises }) => promises !== true && kind !== "thanks" && kind !== "greeting");
  if (!ours.asks) {
    if (theirs.length > 0) return { status: "done", reason: `${nameOf(theirs.at(-1))} answered and asks nothing` };
    return { status: "done", reason: ours.by === "owner" ? "you answered" : "I answered for you" };
  }
  if (answer !== undefined) return { status: "done", reason: `${nameOf(answer)} answered` };
  const promised = theirs.findLast(({ promises }) => promises === true);
  return {
    status: "awaiting-reply",
    reason: promised === undefined ? `${who} asked, and nobody answered` : `${nameOf(promised)} promised to answer`,
  };
}

/** The last question since we wrote that its asker did not take back. */
function findOpenQuestion(theirs: readonly ThreadEvent[]): ThreadEvent | undefined {
  return theirs.findLast(
    (event, index) =>
      event.asks && !theirs.slice(index + 1).some(({ withdraws, name }) => withdraws === true && name === event.name),
  );
}

function nameOf(event: ThreadEvent | undefined): string {
  return event?.name === undefined || event.name === "" ? "somebody" : event.name;
}
