/** Words as the model knows them: lower case, short forms written out, numbers, addresses and times masked. */
const token =
  /https?:\/\/\S+|www\.\S+|\$link\b|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\d{1,2}[:.]\d\d(?:\s?[ap]\.?m\b)?|\d{1,2}\s?[ap]\.?m\b|[$€£]?\d[\d.,/-]*(?:st|nd|rd|th)?|\p{L}+(?:['’]\p{L}+)*|[?!]+|[.,;:()"…]|--?/giu;
const contractions: ReadonlyArray<readonly [RegExp, string]> = [
  [/^(can)['’]?t$/, "can not"],
  [/^won['’]?t$/, "will not"],
  [/^(do|does|did|is|are|was|were|has|have|had|would|could|should)n['’]?t$/, "$1 not"],
  [/^let['’]s$/, "lets"],
  [/^(i|you|he|she|it|we|they|that|there|what|who)['’]ll$/, "$1 will"],
  [/^(i|you|he|she|it|we|they|that|who)['’]d$/, "$1 would"],
  [/^(you|we|they)['’]re$/, "$1 are"],
  [/^(i|you|we|they)['’]ve$/, "$1 have"],
  [/^i['’]m$/, "i am"],
  [/^(he|she|it|that|there|what|where|how|who|when)['’]s$/, "$1 is"],
];
const spellings: Readonly<Record<string, string>> = {
  pls: "please",
  plz: "please",
  plse: "please",
  u: "you",
  ur: "your",
  im: "i am",
  ill: "i will",
  dont: "do not",
  id: "i would",
  thanx: "thanks",
  thx: "thanks",
  tks: "thanks",
  gimme: "give me",
  lemme: "let me",
  mtg: "meeting",
  msg: "message",
  e: "email",
};
const maxTokens = 220;

export interface Token {
  readonly word: string;
  /** Written with a capital, not only because a sentence begins there. */
  readonly isName: boolean;
}

export function listTokens(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let isStart = true;
  for (const [raw] of text.matchAll(token)) {
    if (tokens.length >= maxTokens) break;
    const lower = raw.toLowerCase();
    const first = lower.charCodeAt(0);
    if (/^(?:https?:|www\.|\$link)/.test(lower)) tokens.push({ word: "<link>", isName: false });
    else if (lower.includes("@")) tokens.push({ word: "<mail>", isName: false });
    else if (/^[$€£]/.test(lower)) tokens.push({ word: "<money>", isName: false });
    else if (/^\d/.test(lower)) tokens.push({ word: /[:.]\d\d|m$/.test(lower) ? "<time>" : "<number>", isName: false });
    else if (/^\p{L}/u.test(lower)) {
      const isName = !isStart && /^\p{Lu}\p{Ll}/u.test(raw);
      for (const word of writeOut(lower).split(" ")) tokens.push({ word, isName });
    } else tokens.push({ word: first === 63 ? "?" : lower[0] === "!" ? "!" : lower, isName: false });
    isStart = /^[.?!:…"]/.test(raw) || (isStart && !/^\p{L}/u.test(raw));
  }
  return tokens;
}

function writeOut(word: string): string {
  const spelled = Object.hasOwn(spellings, word) ? spellings[word] : undefined;
  if (spelled !== undefined) return spelled;
  if (!/['’]|nt$/.test(word)) return word;
  for (const [pattern, to] of contractions) if (pattern.test(word)) return word.replace(pattern, to);
  return word.replaceAll("’", "'");
}
