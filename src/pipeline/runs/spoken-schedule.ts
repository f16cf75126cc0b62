import type { InboundMessage } from "../../core/message.ts";
import type { Role } from "../../core/store.ts";
import type { PipelineDeps } from "../deps.ts";

const maxChars = 300;

/** Words that nobody names a time without; what has none of them is not looked at further. */
const timeWords =
  /\b(?:every|each|daily|weekly|monthly|hourly|weekdays?|remind|tomorrow|tonight|at \d|at noon|in \d+ (?:min|hour|day)|jede[nrs]?|täglich|wöchentlich|monatlich|stündlich|werktags|wochentags|montags|dienstags|mittwochs|donnerstags|freitags|samstags|sonntags|erinner[et]?|morgen|chaque|tous les|toutes les|rappelle|demain|cada|todos los|todas las|recuérdame|mañana)/iu;

/** What an order begins with. */
const orders =
  /^(?:(?:please|bitte|por favor|s'il te plaît|s'il vous plaît|parlance)[,:]? )*(?:tell|remind|send|give|show|summari[sz]e|check|list|write|report|let me know|look|run|brief|sag|sage|erinner[et]?|schick|schicke|gib|zeig|zeige|fasse?|prüfe?|schreib|schreibe|melde?|berichte|dis|dites|rappelle|envoie|donne|montre|résume|vérifie|écris|dime|recuérdame|envíame|mándame|dame|muéstrame|resume|revisa|avísame|escríbeme)(?![\p{L}\p{N}])/iu;

/**
 * Is this an order to do something at a time, said by an owner in a direct chat without any command? Decided by its
 * words, before any model: what is made of it is only a proposal.
 */
export async function findSpokenSchedule(
  deps: Pick<PipelineDeps, "workflows" | "policy" | "settings" | "now">,
  message: InboundMessage | undefined,
  role: Role,
  turn: { readonly isTainted: boolean; readonly isJournalled: boolean },
): Promise<{ readonly name: string; readonly argument: string } | undefined> {
  if (message === undefined || deps.workflows === undefined || turn.isTainted || turn.isJournalled) return undefined;
  const { text, address, isGroup, kind, attachments, isAutomated } = message;
  const said = text.trim();
  if (role !== "owner" || isGroup || isAutomated === true) return undefined;
  // A sender that anybody may write into a mail is no owner.
  if (deps.policy(address.channel)?.forgeableSenders !== false) return undefined;
  if (kind !== "message" || attachments.length > 0 || said.length > maxChars) return undefined;
  if (/[?\n]/.test(said) || !timeWords.test(said)) return undefined;
  // Loaded when it is needed: most of what is said is not said of times.
  const { findUneven, parseWhen } = await import("../../scheduler/triggers/natural/parse-when.ts");
  const { timeZone } = deps.settings();
  // What cannot be kept goes the same way, to be refused in words: a model would promise it.
  const when = parseWhen(said, timeZone, deps.now()) ?? findUneven(said, timeZone, deps.now());
  return when !== undefined && isOrder(said, when.restOfText) ? { name: "schedule", argument: said } : undefined;
}

/** The time stands at the beginning, at the end, or right behind the verb: else it belongs to what is spoken of. */
function isOrder(said: string, rest: string): boolean {
  if (!orders.test(rest)) return false;
  const same = countSame(said, rest);
  const isAtEnd = rest.length - same <= 1;
  // "remind me to" and "remind me tomorrow": only whole words are the same.
  const wordsBefore = rest.slice(0, same).split(/\s+/).length - 1;
  return isAtEnd || wordsBefore <= 3;
}

function countSame(a: string, b: string): number {
  let count = 0;
  while (count < b.length && a[count] === b[count]) count += 1;
  return count;
}
