import type { Choice } from "../../src/core/message.ts";

/** Words that go with buttons or a list. */
export const maxInteractiveBody = 1_024;
const maxButtons = 3;
const maxRows = 10;

/**
 * Up to three choices as buttons, up to ten as a list: the id is the command. Undefined when WhatsApp cannot show them:
 * then they are numbered. https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-reply-buttons-messages
 */
export function formatInteractive(body: string, choices: readonly Choice[]): object | undefined {
  if (choices.length === 0 || choices.length > maxRows || body.length > maxInteractiveBody) return undefined;
  if (choices.some(({ command }) => command.length > (choices.length > maxButtons ? 200 : 256))) return undefined;
  if (new Set(choices.map(({ command }) => command)).size < choices.length) return undefined;
  return choices.length > maxButtons ? formatRows(body, choices) : formatButtons(body, choices);
}

function formatButtons(body: string, choices: readonly Choice[]): object | undefined {
  const titles = choices.map(({ label }) => cut(label, 20));
  if (new Set(titles).size < titles.length) return undefined;
  const buttons = choices.map(({ command }, index) => ({
    type: "reply",
    reply: { id: command, title: titles[index] },
  }));
  return { type: "button", body: { text: body }, action: { buttons } };
}

function formatRows(body: string, choices: readonly Choice[]): object {
  const rows = choices.map(({ label, command }) => ({
    id: command,
    title: cut(label, 24),
    ...(label.length > 24 ? { description: cut(label, 72) } : {}),
  }));
  return { type: "list", body: { text: body }, action: { button: "Choose", sections: [{ rows }] } };
}

/** At the end of a grapheme. */
function cut(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  let kept = "";
  for (const { segment } of new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text)) {
    if (kept.length + segment.length > maxLength - 1) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}
