import { masks } from "./mask.ts";
import type { MessageView } from "./message-view.ts";

const greeting =
  /^(?:hi|hello|hey|hiya|yo|dear|good (?:morning|afternoon|evening|day)|morning|hallo|moin|servus|liebe[rs]?|sehr geehrte[rs]?|guten (?:morgen|tag|abend)|salut|bonjour|bonsoir|cher|chère|hola|buenos días|buenas(?: tardes| noches)?|estimad[oa])\b/i;
const signOff =
  /^(?:(?:all the |with )?(?:best|kind|warm|many)(?: (?:regards|wishes|thanks))?|regards|cheers|thanks(?: again| a lot)?|thank you|thx|yours(?: sincerely| truly| faithfully)?|sincerely|take care|see you(?: soon)?|talk soon|ciao|bye|xo+|lg|vg|mfg|(?:viele|liebe|beste|herzliche|schöne) grüße|mit (?:freundlichen|besten|lieben) grüßen|gruß|danke|bis (?:bald|dann|später)|cordialement|bien à (?:toi|vous)|amicalement|bises|à (?:bientôt|plus)|merci|saludos|un (?:saludo|abrazo)|atentamente|gracias|hasta (?:luego|pronto))(?![\p{L}])/iu;
const addressee =
  /^(?:[^\S\n]+(?:there|all|everyone|everybody|folks|guys|team|again|zusammen|alle|leute|à tous|todos))?/i;

export interface Greeting {
  /** "hi {name}," of "hi anna, could you ..."; "{name}" stands for whoever is named. */
  readonly text: string;
  /** How many characters of the message it takes. */
  readonly length: number;
}

/** The greeting that a text begins with. */
export function findGreeting(body: string): Greeting | undefined {
  const word = greeting.exec(body)?.[0];
  if (word === undefined) return undefined;
  const rest = body.slice(word.length);
  const whom = addressee.exec(rest)?.[0] ?? "";
  if (whom !== "") return measured(word + whom, word.length + whom.length, body);
  const name =
    /^[^\S\n]+\p{L}[\p{L}\w-]{0,30}(?:[^\S\n]+\p{Lu}[\p{L}-]{0,30})?(?=[,!.:]|\s*\n|$)/u.exec(rest)?.[0] ?? "";
  return measured(name === "" ? word : `${word} {name}`, word.length + name.length, body);
}

function measured(text: string, length: number, body: string): Greeting {
  const mark = /^[,!.:]/.exec(body.slice(length))?.[0] ?? "";
  return { text: text + mark, length: length + mark.length };
}

/** "Best,\nAnna": the last lines of a message of several lines. Undefined: there is none. */
export function findSignOff({ lines }: MessageView): string | undefined {
  const said = lines.map((line) => line.trim()).filter((line) => line !== "");
  for (const count of [1, 2, 3]) {
    const last = said.slice(-count);
    const [first = "", ...names] = last;
    if (said.length <= count || !signOff.test(first) || first.length > 40 || first.split(/\s+/).length > 5) continue;
    if (names.some((name) => name.length > 40 || name.split(/\s+/).length > 3)) continue;
    return last.join("\n");
  }
  return undefined;
}

const emoji =
  /\p{Extended_Pictographic}(?:\ufe0f|\u200d\p{Extended_Pictographic}|\p{Emoji_Modifier})*|(?<=^|\s)(?:[:;=][-']?[)(DPpo/|]|\^_?\^|<3|xD)(?=\s|$)/gu;

/** Emoji and smileys, as written. */
export function findEmoji({ body }: MessageView): readonly string[] {
  return body.match(emoji) ?? [];
}

/** Texts that a mark stands in, or that are too long for a habit, are none. */
export function isHabit(text: string): boolean {
  return text.length <= 90 && !Object.values(masks).some((mark) => text.includes(mark));
}
