import { hasPattern, type Trait } from "./trait.ts";

const contractions: Trait = {
  name: "contractions",
  when: "where they could",
  options: {
    apostrophe: { share: 0.55, says: 'contract with an apostrophe ("don\'t")' },
    bare: { share: 0.2, says: 'contract without an apostrophe ("dont")' },
    full: { share: 0.25, says: 'do not contract ("do not")' },
  },
  pick: ({ body }) => {
    if (
      /\b(?:dont|doesnt|didnt|cant|wont|isnt|arent|wasnt|im|ive|thats|whats|youre|couldnt|wouldnt|shouldnt|havent|hasnt|theres|lets|hes|shes|theyre)\b/i.test(
        body,
      )
    )
      return "bare";
    if (/\p{L}['’](?:t|s|re|m|ll|ve|d)\b/iu.test(body)) return "apostrophe";
    if (
      /\b(?:(?:do|does|did|is|are|was|were|has|have|will|would|could|should|can) ?not|it is|i am|i have|that is|you are|i will|there is|what is)\b/i.test(
        body,
      )
    )
      return "full";
    return undefined;
  },
};

const yes: Trait = {
  name: "yes",
  when: "where they agree",
  options: {
    yes: { share: 0.4, says: 'say "yes"' },
    yeah: { share: 0.3, says: 'say "yeah"' },
    yep: { share: 0.2, says: 'say "yep"' },
    yup: { share: 0.1, says: 'say "yup"' },
  },
  pick: ({ words }) => {
    const word = words[0] ?? "";
    if (word === "yes") return "yes";
    if (/^(?:yeah|yea|ya|yah)$/.test(word)) return "yeah";
    return word === "yep" ? "yep" : word === "yup" ? "yup" : undefined;
  },
};

const no: Trait = {
  name: "no",
  when: "where they disagree",
  options: {
    no: { share: 0.75, says: 'say "no"' },
    nope: { share: 0.2, says: 'say "nope"' },
    nah: { share: 0.05, says: 'say "nah"' },
  },
  pick: ({ words }) => (["no", "nope", "nah"].includes(words[0] ?? "") ? words[0] : undefined),
};

const ok: Trait = {
  name: "ok",
  when: "where they say so at all",
  options: {
    ok: { share: 0.75, says: 'say "ok"' },
    okay: { share: 0.15, says: 'say "okay"' },
    k: { share: 0.1, says: 'say "k"' },
  },
  pick: ({ words }) => {
    const word = words.find((each) => /^(?:ok|okay|k|kk)$/.test(each));
    return word === "kk" ? "k" : word;
  },
};

/** Words that tell more about who writes than about what. */
export const wording: readonly Trait[] = [
  contractions,
  yes,
  no,
  ok,
  hasPattern(
    "short",
    0.01,
    'write "u", "pls" and the like',
    /(?:^|\s)(?:u|ur|r|y|pls|plz|cuz|coz|n|b4|bout|w\/|bc|tho|gonna|wanna)(?=[\s?!.,]|$)/i,
  ),
  hasPattern("smiley", 0.05, "have a smiley without a nose", /(?:^|\s)[:;=][)(DPpo/|](?:\s|$)/),
  hasPattern("smileyNose", 0.01, "have a smiley with a nose", /(?:^|\s)[:;=]-[)(DPpo/|]/),
  hasPattern("smileySad", 0.01, "have a sad smiley", /[:=]['-]?[(/|](?:\s|$)/),
  hasPattern("smileyWink", 0.01, "wink", /;-?\)/),
  hasPattern("smileyTongue", 0.01, "put out a tongue", /[:=]-?[Pp](?:\s|$)/),
  hasPattern("smileyGrin", 0.01, "grin", /(?:[:;=]-?D\b|\bxD\b)/),
  hasPattern("smileyOther", 0.01, 'have "^^", "-_-" and the like', /\^_?\^|-_-|o_O|<3/i),
  hasPattern("emoji", 0.01, "have an emoji", /\p{Extended_Pictographic}/u),
  hasPattern("lol", 0.01, 'have "lol" or the like', /\b(?:lol|lmao|rofl)\b/i),
  hasPattern("haha", 0.01, 'have "haha" or the like', /\b(?:ha|(?:ha){2,}h?|heh|(?:he){2,})\b/i),
  hasPattern("hmm", 0.02, 'have "hmm" or the like', /\b(?:hm+|um+|uh+|err?|erm|ah+|oh+)\b/i),
  hasPattern("opener", 0.06, 'begin with "well", "so", "but" and the like', /^(?:well|so|but|and|or|then)\b/i),
  hasPattern("yesFirst", 0.05, "begin with yes or no", /^(?:yes|no|yeah|yea|ya|yep|yup|nope|nah)\b/i),
  hasPattern("okFirst", 0.02, 'begin with "ok"', /^(?:ok|okay|k|kk)\b/i),
  hasPattern(
    "greeting",
    0.01,
    "begin with a greeting",
    /^(?:hi|hello|hey|hiya|yo|morning|dear|hallo|moin|salut|bonjour|hola)\b/i,
  ),
  hasPattern("thanks", 0.02, "thank", /\b(?:thanks|thank you|thx|ty|tnx|cheers|danke|merci|gracias)\b/i),
  hasPattern("thanksShort", 0.01, 'write "thx" or "ty"', /\b(?:thx|ty|tnx)\b/i),
  hasPattern("please", 0.02, "say please", /\b(?:please|pls|plz|bitte)\b/i),
  hasPattern(
    "questionFirst",
    0.09,
    "begin with a question word",
    /^(?:how|what|whats|why|where|when|which|who|is|are|do|does|did|can|could|any|anyone|has|have)\b/i,
  ),
  hasPattern("bang", 0.02, 'begin with "!"', /^!/),
  hasPattern("link", 0.03, "have a link", /\uE001/),
  hasPattern("command", 0.04, "have a command or a path", /\bsudo\b|(?:^|\s)--?\w|(?:^|\s)[/~]\w/),
  hasPattern("you", 0.3, 'address "you"', /\b(?:you|your|you're|u|youre)\b/i),
  hasPattern("me", 0.25, 'speak of "I" or "me"', /(?:^|\s)(?:i|i'm|i've|i'd|i'll|im|ive|me|my)\b/i),
  hasPattern("we", 0.02, 'speak of "we"', /\b(?:we|our|us|we're)\b/i),
  hasPattern(
    "hedge",
    0.08,
    'hedge ("maybe", "i think")',
    /\b(?:maybe|perhaps|probably|i think|i guess|i believe|might|afaik|iirc|imho|imo|seems?|sort of|kind of)\b/i,
  ),
  hasPattern("just", 0.07, 'have "just"', /\bjust\b/i),
  hasPattern("really", 0.03, 'have "really", "very" or "quite"', /\b(?:really|very|quite|pretty|actually)\b/i),
];
