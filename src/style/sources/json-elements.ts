/** An element of a list in a JSON document that comes in pieces. */
export interface JsonElement {
  /** Its text, to be parsed by whoever wants it. Undefined: it is too long. */
  readonly text: string | undefined;
  /** Where it begins, from 1. */
  readonly line: number;
  /** The texts and numbers that stand beside the list, before it: of a chat its name, type and id. */
  readonly beside: Readonly<Record<string, string>>;
}

/** An object or list that is open. */
interface Level {
  readonly isList: boolean;
  /** The key that it stands under. */
  readonly key: string;
  readonly scalars: Record<string, string>;
}

const maxDepth = 64;
const maxScalarChars = 500;

/**
 * The objects in all lists under the key `listKey`, wherever they stand, without holding the document. Looks at no more
 * than brackets, keys and texts: each element is to be parsed on its own. Returns whether the document was whole.
 */
export async function* listJsonElements(
  texts: AsyncIterable<string>,
  listKey: string,
  maxChars: number,
): AsyncGenerator<JsonElement, boolean> {
  const levels: Level[] = [];
  let [line, startLine, wanted] = [1, 1, -1];
  let [isText, isEscaped, isBroken, hasBegun] = [false, false, false, false];
  let [key, token] = ["", ""];
  let element = "";
  for await (const text of texts) {
    let from = 0;
    for (let at = 0; at < text.length && !isBroken; at++) {
      const sign = text.charCodeAt(at);
      if (sign === 10) line += 1;
      if (isText) {
        if (isEscaped) isEscaped = false;
        else if (sign === 92) isEscaped = true;
        else if (sign === 34) isText = false;
        if (wanted < 0 && token.length < maxScalarChars) token += text[at];
        continue;
      }
      const level = levels.at(-1);
      if (sign === 34) {
        isText = true;
        if (wanted < 0) token = '"';
      } else if (sign === 58) {
        if (wanted < 0) [key, token] = [readToken(token), ""];
      } else if (sign === 123 || sign === 91) {
        hasBegun = true;
        if (wanted < 0 && sign === 123 && level?.isList === true && level.key === listKey) {
          [wanted, startLine, from, element] = [levels.length, line, at, ""];
        }
        levels.push({ isList: sign === 91, key: level?.isList === true ? "" : key, scalars: {} });
        if (wanted < 0) [key, token] = ["", ""];
        isBroken = levels.length > maxDepth;
      } else if (sign === 44 || sign === 125 || sign === 93) {
        if (wanted < 0 && level?.isList === false && key !== "" && token !== "") level.scalars[key] = readToken(token);
        if (wanted < 0) [key, token] = ["", ""];
        if (sign === 44) continue;
        isBroken = level === undefined || level.isList !== (sign === 93);
        levels.pop();
        if (levels.length !== wanted) continue;
        element = addPart(element, text.slice(from, at + 1), maxChars);
        const beside = levels.at(-2)?.scalars ?? {};
        yield { text: element.length > maxChars ? undefined : element, line: startLine, beside };
        [wanted, element] = [-1, ""];
      } else if (wanted < 0 && sign > 32 && token.length < maxScalarChars) token += text[at];
    }
    if (wanted >= 0) element = addPart(element, text.slice(from), maxChars);
  }
  return hasBegun && !isBroken && levels.length === 0;
}

function addPart(element: string, part: string, maxChars: number): string {
  return element.length > maxChars ? element : element + part;
}

function readToken(token: string): string {
  if (!token.startsWith('"')) return token;
  try {
    return String(JSON.parse(token));
  } catch {
    return "";
  }
}
