import type { Attachment, OutboundMessage } from "../../src/core/message.ts";
import { formatChoices } from "../_shared/numbered-choices.ts";
import { describeUnsent, formatTemplateTexts, formatText } from "./format.ts";
import { formatInteractive, maxInteractiveBody } from "./interactive.ts";
import { pickMedia } from "./media.ts";
import { traits } from "./traits.ts";

/** What goes out as one message of the Cloud API. */
export type CloudPart =
  | { readonly kind: "text"; readonly body: string }
  | { readonly kind: "interactive"; readonly interactive: object }
  | { readonly kind: "file"; readonly attachment: Attachment }
  | { readonly kind: "template"; readonly text: string };

export interface CloudParts {
  readonly parts: readonly CloudPart[];
  /** Are the choices a list that is answered by number? */
  readonly isNumbered: boolean;
}

/** Text first, then the choices, then a message per file; the same in every attempt. Groups know no buttons. */
export function formatParts(message: OutboundMessage, isGroup: boolean): CloudParts {
  const choices = message.choices ?? [];
  const files = message.attachments.filter((file) => pickMedia(file) !== undefined);
  const remarks = message.attachments
    .filter((file) => !files.includes(file))
    .map((file) => describeUnsent(file, "cannot be sent: WhatsApp takes no files of its type or size"));
  const lead = [message.text, ...remarks].filter((text) => text.trim() !== "").join("\n\n");
  const texts = formatText(lead, traits.maxTextLength);
  const fileParts = files.map((attachment): CloudPart => ({ kind: "file", attachment }));
  const toTexts = (bodies: readonly string[]): CloudPart[] => bodies.map((body): CloudPart => ({ kind: "text", body }));
  if (choices.length === 0) return { parts: [...toTexts(texts), ...fileParts], isNumbered: false };

  const last = texts.at(-1) ?? "";
  const isOne = last !== "" && last.length <= maxInteractiveBody;
  const interactive = isGroup ? undefined : formatInteractive(isOne ? last : "Please choose:", choices);
  if (interactive !== undefined)
    return {
      parts: [...toTexts(isOne ? texts.slice(0, -1) : texts), { kind: "interactive", interactive }, ...fileParts],
      isNumbered: false,
    };
  const numbered = formatText(`${lead}\n\n${formatChoices(choices)}`.trim(), traits.maxTextLength);
  return { parts: [...toTexts(numbered), ...fileParts], isNumbered: true };
}

/** Outside the window: words only, in as many templates as they need. */
export function formatTemplateParts(message: OutboundMessage): CloudParts {
  const choices = message.choices ?? [];
  const remarks = message.attachments.map((file) => describeUnsent(file, "can be sent once you have answered"));
  const text = [message.text, formatChoices(choices), ...remarks].filter((each) => each.trim() !== "").join("\n\n");
  return {
    parts: formatTemplateTexts(text).map((each): CloudPart => ({ kind: "template", text: each })),
    isNumbered: choices.length > 0,
  };
}
