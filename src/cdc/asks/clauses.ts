import type { FindClass } from "./word-classes.ts";

/** One clause as a speech act: what it does, what it is about, and how it is put. */
export interface Clause {
  /** "order", "ask-can", "want", "if" ... */
  readonly act: string;
  /** The class of its main verb, or the verb. */
  readonly verb: string;
  readonly verbClass: string;
  readonly isPolite: boolean;
  readonly end: string;
}

const breaks = new Set([".", ",", ";", ":", "?", "!", "(", ")", "…", "-", "--", '"']);
const joins = new Set([
  "and",
  "but",
  "so",
  "or",
  "then",
  "because",
  "since",
  "while",
  "although",
  "if",
  "when",
  "once",
  "unless",
  "until",
  "before",
  "after",
  "whether",
  "as",
]);
const fillers = new Set(
  "also just then now so and but or well ok okay yes no hey hi hello dear kindly please maybe perhaps again first second third next finally otherwise still simply really actually anyway too always never not do thanks".split(
    " ",
  ),
);
const bases = new Set(
  "accept act activate add address adjust advise allow answer apply approach approve arrange ask assign assist assume attach attend be become begin believe block book bother bring browse build buy call cancel capture care carry catch change charge chat check choose circulate claim clarify clear click close collect come comment compare complete confirm connect consider contact continue convert coordinate copy correct cover create customize decide define delete deliver describe design develop direct disable disclose discover discuss display disregard distribute do donate download draft draw drive drop edit email enable end enjoy ensure enter establish evaluate examine execute expect explain explore express extend fax feel file fill find finish fix follow forget format forward get give go grab grow guess handle hang have hear help hit hold identify ignore imagine implement import include incorporate inform insert install introduce invest invite involve join keep know land launch lay lead learn leave let like limit link list listen load locate log look make manage mark maximize meet mention merge modify monitor move name negotiate note notify obtain offer open order organize overnight park pass paste pay phone pick place plan play plug post prepare present press print proceed process provide publish pull purchase push put qualify rate reach read rebook recall receive recommend redo reduce refer refrain register reject remember remind remove renew rent repeat replace reply report request resend reserve reset resolve respond restart retain retrieve return retweet review revise ring run save say schedule scroll search secure see select sell send set share ship shop show sign skip sleep speak specify spend spread stand start stay stick stop store submit subscribe suggest supply support switch take talk tell terminate test text thank think throw touch track trade train transfer treat try turn tweet type understand unlock unsubscribe update upgrade upload use validate verify view visit vote wait wake walk watch wear welcome wire wish work worry write".split(
    " ",
  ),
);
const pronouns = new Set(["I", "WE", "YOU", "THEY", "IT", "ANY"]);

/** The clauses of a text, in order. `words` and `kinds` are its words and their classes. */
export function listClauses(
  words: readonly string[],
  kinds: readonly string[],
  findClass: FindClass,
): readonly Clause[] {
  const clauses: Clause[] = [];
  let start = 0;
  for (let at = 0; at <= words.length; at++) {
    const word = words[at];
    const isBreak = word === undefined || breaks.has(word);
    if (!isBreak && !(joins.has(word) && at > start)) continue;
    if (at > start) clauses.push(readClause(words.slice(start, at), kinds.slice(start, at), word ?? "", findClass));
    start = isBreak ? at + 1 : at;
  }
  return clauses;
}

function readClause(words: readonly string[], kinds: readonly string[], end: string, findClass: FindClass): Clause {
  let from = 0;
  let isPolite = false;
  const first = words[0] ?? "";
  const isCondition = [
    "if",
    "unless",
    "whether",
    "when",
    "once",
    "after",
    "before",
    "until",
    "while",
    "since",
    "because",
    "as",
    "although",
  ].includes(first);
  if (isCondition) from = 1;
  while (
    from < words.length - 1 &&
    (fillers.has(words[from] ?? "") || (kinds[from] === "NAME" && from === 0 && bases.has(words[1] ?? "")))
  ) {
    isPolite ||= words[from] === "please" || words[from] === "kindly";
    from += 1;
  }
  isPolite ||= words.includes("please");
  const act = isCondition
    ? `${first === "if" || first === "unless" ? "if" : "when"}-${pickAct(words, kinds, from)}`
    : pickAct(words, kinds, from);
  const verb = findVerb(words, from);
  return { act, verb, verbClass: findClass(verb) ?? (bases.has(verb) ? "VB" : "-"), isPolite, end };
}

function findVerb(words: readonly string[], from: number): string {
  for (let at = from; at < Math.min(words.length, from + 9); at++) {
    const word = words[at] ?? "";
    if (
      bases.has(word) &&
      !["do", "have", "be", "like", "need", "let", "help", "want", "feel", "go", "please", "try", "take"].includes(word)
    )
      return word;
  }
  return words.find((word) => bases.has(word)) ?? "-";
}

function pickAct(words: readonly string[], kinds: readonly string[], from: number): string {
  const [a = "", b = "", c = ""] = words.slice(from, from + 3);
  const [k = "", l = "", m = ""] = kinds.slice(from, from + 3);
  const modal = /^(?:CAN|WOULD|WILL|SHOULD|MAY)$/;
  if (a === "let") return b === "me" || b === "us" ? `let-${b}-${c === "know" ? "know" : "x"}` : "let";
  if (a === "lets") return "lets";
  if (a === "how" && b === "about") return "how-about";
  if (k === "WH")
    return modal.test(l) || l === "DO" || l === "BE" || l === "HAVE" ? `wh-${l}-${pronouns.has(m) ? m : "x"}` : "wh";
  if (modal.test(k)) return `ask-${k}-${pronouns.has(l) ? l : "x"}`;
  if ((k === "DO" || k === "HAVE" || k === "BE") && (pronouns.has(l) || l === "NAME" || l === "ART" || l === "YOUR"))
    return `ask-${k}-${l}`;
  if (k === "I" || k === "WE" || k === "YOU" || k === "THEY" || k === "IT") {
    const rest = l === "NOT" ? m : l;
    if (modal.test(l))
      return `${k}-${l}-${m === "WANT" || m === "NOT" || m === "BE" ? m : c === "look" ? "look" : "x"}`;
    if (rest === "WANT" || rest === "BE" || rest === "HAVE" || rest === "DO")
      return `${k}-${rest}-${rest === "WANT" ? (kinds[from + 3] ?? "") : m}`;
    return `${k}-${/^(?:-ed|-ing)$/.test(l) ? l : bases.has(b) ? "VB" : "x"}`;
  }
  if (bases.has(a)) return `order-${l === "TO" || l === "BE" ? "noun" : "x"}`;
  if (k === "WANT" && l === "TO") return "want-to";
  if (
    k === "THANKS" ||
    k === "HI" ||
    k === "SORRY" ||
    k === "TO" ||
    k === "FOR" ||
    k === "-ing" ||
    k === "-ed" ||
    k === "NOT"
  )
    return `start-${k}`;
  if (words.length - from <= 2) return "fragment";
  if (k === "NAME") return l === "BE" || l === "HAVE" || modal.test(l) ? "name-does" : "name";
  return "tells";
}
