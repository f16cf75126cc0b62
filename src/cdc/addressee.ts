import type { Addressee, MessageToClassify, Surroundings } from "./classification.ts";
import type { LanguageRules } from "./languages/language-rules.ts";

/** What stands where a name stands, and is none. */
const noNames = new Set(
  "hi hey hello ok okay yes no yeah yep nope well so and but thanks thank sorry please wow oh ah great good nice sure right also now then today tomorrow yesterday however actually anyway btw fyi all team guys folks everyone everybody lol haha hm hmm cool perfect first finally maybe morning afternoon evening hallo moin ja nein danke bitte gut also super klar genau heute morgen übermorgen leute zusammen alle oui non merci salut bonjour bon bien alors d'accord super tous sí no gracias hola bueno vale pues claro perfecto oye todos chicos equipo gente monday tuesday wednesday thursday friday saturday sunday lunch dinner coffee hopefully unfortunately fortunately meanwhile otherwise honestly seriously really what when where who why how congratulations congrats welcome bye dear sir madam man dude mate bro sis mom dad mum".split(
    " ",
  ),
);
const mention = /(?<![\p{L}\p{N}.])@([\p{L}\p{N}_][\p{L}\p{N}_.-]*)/gu;
const atStart =
  /^(?:(?:hi|hey|hello|dear|ok|thanks|good morning|morning|hallo|moin|liebe[r]?|guten morgen|danke|bonjour|salut|cher|chère|merci|hola|buenos días|querid[oa]|gracias|oye|du|tu)[ ,]+)?(\p{Lu}[\p{L}'-]+)(?=\s?[,:!–]|\s+[-–]\s)/iu;
const atEnd = /,\s?(\p{Lu}[\p{L}'-]+)\s?[?!.]*$/u;
const greeted =
  /^(?:hi|hey|hello|dear|hallo|moin|liebe[r]?|bonjour|salut|cher|chère|hola|querid[oa])\s+(\p{Lu}[\p{L}'-]+)/iu;
const spokenTo =
  /^([\p{L}'-]+) (?:(?:can|could|would|will|did|do|have|are|were) (?:you|u)|please|pls|you|bitte|(?:kannst|könntest|hast|bist|magst|willst|weißt|kommst) du|du|tu|peux-tu|pourrais-tu|as-tu|s'il te plaît|stp|puedes|podrías|tienes|has|vienes|por favor|me (?:puedes|podrías|pasas|das)|could|can|would)(?!\p{L})/iu;
const allMentions = /^(?:all|everyone|here|channel|room|alle|tous|todos|team)$/i;

/** Whom a message, or one sentence of it, speaks to, and how that shows. */
export function pickAddressee(
  text: string,
  message: MessageToClassify,
  { ownNames = [], people = [] }: Surroundings,
  { room, you }: LanguageRules,
): { readonly addressee: Addressee; readonly reason?: string } {
  const isOwn = (name: string): boolean =>
    ownNames.some(
      (own) => own.toLowerCase().split(/\s+/)[0] === name.toLowerCase() || own.toLowerCase() === name.toLowerCase(),
    );
  const name = findName(text, people);
  if (name !== undefined && isOwn(name)) return { addressee: "me", reason: `it names “${name}”` };
  // Whom the platform names us for is us, where nobody told us what we are called.
  if (message.isAddressed === true && (name === undefined || ownNames.length === 0))
    return { addressee: "me", reason: "it is addressed to you" };
  // In a chat of two a name at the beginning is ours, whatever we are called.
  if (message.isGroup !== true) return { addressee: "me" };
  if (name !== undefined) return { addressee: { name }, reason: `it speaks to “${name}”` };
  const said = room.exec(text)?.[0];
  if (said !== undefined || [...text.matchAll(mention)].some(([, who = ""]) => allMentions.test(who)))
    return { addressee: "room", reason: `it says “${(said ?? "@all").trim()}”` };
  if (you.test(text)) return { addressee: "other", reason: "it says “you” to somebody who is not named" };
  return { addressee: "room" };
}

function findName(text: string, people: readonly string[]): string | undefined {
  for (const [, who = ""] of text.matchAll(mention)) if (!allMentions.test(who)) return who;
  const line = text.trim();
  for (const pattern of [atStart, atEnd, greeted]) {
    const found = pattern.exec(line)?.[1];
    if (found !== undefined && /^\p{Lu}/u.test(found) && !noNames.has(found.toLowerCase())) return found;
  }
  // Without a comma only who is known to be here is taken for spoken to: "Anna kannst du ...", not "Anna said".
  const first = spokenTo.exec(line)?.[1];
  return people.find((person) => person.split(/\s+/)[0]?.toLowerCase() === first?.toLowerCase());
}
