import type { Attachment, OutboundMessage } from "../../src/core/message.ts";
import { formatChoices } from "../_shared/numbered-choices.ts";
import type { TwilioPart } from "../_shared/twilio-send.ts";
import { describeUnsent, formatTemplateTexts, formatText } from "./format.ts";
import { twilioTraits } from "./traits.ts";

/** Twilio takes 16 MB: https://www.twilio.com/docs/whatsapp/guidance-whatsapp-media-messages */
const maxFileBytes = 16 * 1_048_576;

/** Text with numbered choices first, then a message per file; the same in every attempt. */
export function formatTwilioParts(message: OutboundMessage, canSendFiles: boolean): readonly TwilioPart[] {
  const canSend = ({ bytes }: Attachment): boolean => canSendFiles && bytes <= maxFileBytes;
  const files = message.attachments.filter(canSend);
  const remarks = message.attachments
    .filter((file) => !files.includes(file))
    .map((file) => describeUnsent(file, "cannot be sent"));
  const text = [message.text, formatChoices(message.choices ?? []), ...remarks];
  const texts = formatText(text.filter((each) => each.trim() !== "").join("\n\n"), twilioTraits.maxTextLength);
  return [
    ...texts.map((body): TwilioPart => ({ kind: "text", body })),
    ...files.map((attachment): TwilioPart => ({ kind: "file", attachment })),
  ];
}

/** Outside the window: words only, each piece as the first variable of the template. */
export function formatTwilioTemplateParts(message: OutboundMessage, contentSid: string): readonly TwilioPart[] {
  const remarks = message.attachments.map((file) => describeUnsent(file, "can be sent once you have answered"));
  const text = [message.text, formatChoices(message.choices ?? []), ...remarks];
  return formatTemplateTexts(text.filter((each) => each.trim() !== "").join("\n\n")).map((each): TwilioPart => ({
    kind: "template",
    contentSid,
    variables: { "1": each },
  }));
}
