import { maskText } from "./mask.ts";
import { plainWords } from "./plain-words.ts";

/** A masked message, cut into what the traits look at. */
export interface MessageView {
  /** All of it, masked. */
  readonly text: string;
  /** Whom it is addressed to at its start, with what separates the name from the rest: "anna: ", "@anna ". */
  readonly address: string;
  /** The rest. */
  readonly body: string;
  readonly words: readonly string[];
  readonly sentences: readonly string[];
  readonly lines: readonly string[];
}

const addressed = /^(?:@[\w.\-[\]\\^{}|]{2,30}[:,]?(?:[ \t]+|$)|[\w\-[\]\\^{}|]{2,30}(?::(?![/\d])|,)[ \t]*(?=\S|$))/u;
/** "error: ..." addresses nobody. */
const notNames = /^(?:ps|edit|note|re|fwd?|question|problem|error|warning|dear|umm?|err?|sorry)[:,]/i;

export function viewMessage(text: string): MessageView {
  return viewText(maskText(text));
}

/** Of a text that is masked already, or that must stay whole. */
export function viewText(masked: string): MessageView {
  const found = addressed.exec(masked)?.[0] ?? "";
  const address = plainWords.has(found.replace(/[:,\s]+$/, "").toLowerCase()) || notNames.test(found) ? "" : found;
  const body = masked.slice(address.length);
  return {
    text: masked,
    address,
    body,
    words: body.toLowerCase().match(/[\p{L}\p{M}]+(?:['’][\p{L}]+)*/gu) ?? [],
    sentences: splitSentences(body),
    lines: body.split("\n"),
  };
}

function splitSentences(text: string): readonly string[] {
  return text.split(/(?<=[.!?…])[)"'”]?\s+|\n+/u).filter((sentence) => /[\p{L}\d]/u.test(sentence));
}
