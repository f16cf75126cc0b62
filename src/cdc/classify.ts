import { pickAddressee } from "./addressee.ts";
import { createAskJudge, type Judgement } from "./asks/judge.ts";
import { findAsked, type Asked } from "./asks/find-asks.ts";
import { findMachine } from "./automated.ts";
import type { Addressee, Classification, MessageKind, MessageToClassify, Surroundings } from "./classification.ts";
import { findFirstDeadline } from "./deadline/first-deadline.ts";
import { english } from "./languages/english.ts";
import { allLanguages, pickLanguages } from "./languages/index.ts";
import type { LanguageRules } from "./languages/language-rules.ts";
import { pickOwnText } from "./own-text.ts";
import { pickPriority } from "./priority.ts";
import { listSentences, quoteShort } from "./sentences.ts";
import { createWallClock } from "./wall-clock.ts";

export type Classify = (message: MessageToClassify, surroundings: Surroundings) => Classification;

const command = /^[/!](?=\p{L})[\p{L}\d_-]+(?:@\S+)?(?=\s|$)/u;
/** Longer greetings say something besides. */
const maxGreetingWords = 9;
const maxThanksWords = 25;

/** Makes what tells what a message is: without a model, within a millisecond. It throws nothing and remembers nothing. */
export function createClassifier(judge = createAskJudge()): Classify {
  const readClock = createWallClock();

  return function classify(message, surroundings) {
    const text = pickOwnText(message.text);
    const languages = pickLanguages(text);
    const [rules] = languages;
    const sentences = listSentences(text);
    const asked = findAskedOf(sentences, message, surroundings, languages);
    const { addressee, reason: toWhom } = asked?.to ?? pickAddressee(text, message, surroundings, rules);
    const machine = findMachine(message, text);
    const judged = machine === undefined ? judge(text, sentences, asked?.asked, message, rules) : undefined;
    const asks = judged?.asks === true && canAskUs(addressee, text, languages);
    const { deadline, hoursLeft } = findFirstDeadline(sentences, rules.language, judged?.asks === true, () =>
      readClock(surroundings.now, surroundings.timeZone),
    );
    const { priority, reason: whyPriority } =
      machine === undefined || machine.kind === "notification"
        ? pickPriority(text, [...new Set([...languages, english])], asks ? deadline : undefined, hoursLeft)
        : { priority: "low" as const, reason: undefined };
    const { kind, reason, confidence } = pickKind(text, sentences, message, machine, judged, rules);
    return {
      kind,
      asks: asks || (kind === "command" && addressee === "me"),
      priority,
      addressee,
      ...(deadline !== undefined && { deadline }),
      confidence,
      reasons: [reason, toWhom, whyPriority, deadline && `a deadline: ${quoteShort(deadline.words)}`].filter(
        (one) => one !== undefined && one !== "",
      ) as string[],
    };
  };
}

interface AskedOf {
  readonly asked: Asked;
  readonly to: { readonly addressee: Addressee; readonly reason?: string };
}

/** The surest thing asked, of us before of others: a message may speak to several people one after the other. */
function findAskedOf(
  sentences: readonly string[],
  message: MessageToClassify,
  surroundings: Surroundings,
  languages: readonly [LanguageRules, ...LanguageRules[]],
): AskedOf | undefined {
  let best: AskedOf | undefined;
  let before: AskedOf["to"] | undefined;
  for (const sentence of sentences) {
    const own = pickAddressee(sentence, message, surroundings, languages[0]);
    // Who was named goes on being spoken to until somebody else is.
    const to = typeof own.addressee === "object" || own.addressee === "me" || before === undefined ? own : before;
    if (typeof to.addressee === "object" || own.reason !== undefined) before = to;
    if (languages.some(({ rhetorical }) => rhetorical.test(sentence))) continue;
    const asked = languages.map((rules) => findAsked(sentence, rules)).find((one) => one !== undefined);
    if (asked === undefined) continue;
    const isBetter =
      best === undefined ||
      rank(to.addressee) > rank(best.to.addressee) ||
      (rank(to.addressee) === rank(best.to.addressee) && asked.confidence > best.asked.confidence);
    if (isBetter) best = { asked, to };
  }
  return best;
}

function rank(addressee: Addressee): number {
  return addressee === "me" ? 2 : addressee === "room" ? 1 : 0;
}

/** What is asked of everybody is asked of us where the asking says so: a question into the room is mostly an answer to the one before. */
function canAskUs(addressee: Addressee, text: string, languages: readonly LanguageRules[]): boolean {
  return addressee === "me" || (addressee === "room" && languages.some(({ room }) => room.test(text)));
}

function pickKind(
  text: string,
  sentences: readonly string[],
  message: MessageToClassify,
  machine: ReturnType<typeof findMachine>,
  judged: Judgement | undefined,
  rules: LanguageRules,
): { readonly kind: MessageKind; readonly reason: string; readonly confidence: number } {
  const order = command.exec(text)?.[0];
  if (machine !== undefined && order === undefined)
    return { kind: machine.kind, reason: machine.reason, confidence: machine.kind === "automated" ? 0.95 : 0.8 };
  if (message.isCommand === true || order !== undefined)
    return { kind: "command", reason: `it begins with ${quoteShort(order ?? text.slice(0, 20))}`, confidence: 0.98 };
  if (text === "") return { kind: "other", reason: "it has no text of its own", confidence: 0.9 };
  if (judged?.asks === true) return { kind: judged.kind, reason: judged.reason, confidence: judged.confidence };
  const confidence = judged?.confidence ?? 0.8;
  const first = sentences[0] ?? "";
  // Two words are too few to tell the language by: they are held against all.
  const thanks = findIn([rules, ...allLanguages], "thanks", text);
  const greeting = findIn([rules, ...allLanguages], "greeting", first);
  const words = text.split(/\s+/).length;
  if (thanks !== undefined && (words <= maxThanksWords || findIn([rules], "thanks", first) !== undefined))
    return { kind: "thanks", reason: `it says ${quoteShort(thanks)}`, confidence: Math.max(confidence, 0.8) };
  if (greeting !== undefined && words <= maxGreetingWords)
    return { kind: "greeting", reason: `it says ${quoteShort(greeting)}`, confidence: Math.max(confidence, 0.8) };
  return { kind: "other", reason: "it asks nothing", confidence };
}

function findIn(all: readonly LanguageRules[], what: "greeting" | "thanks", text: string): string | undefined {
  for (const rules of all) {
    const found = rules[what].exec(text)?.[0];
    if (found !== undefined) return found;
  }
  return undefined;
}
