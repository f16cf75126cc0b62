import type { ChannelContext, SendContext } from "../../src/core/channel.ts";
import { AppError, isAppError } from "../../src/core/errors.ts";
import type { OutboundMessage } from "../../src/core/message.ts";
import type { Begun } from "../_shared/begun.ts";
import type { NumberedChoices } from "../_shared/numbered-choices.ts";
import type { Pauses } from "../_shared/pauses.ts";
import type { CloudOptions } from "./config.ts";
import { callGraph } from "./graph.ts";
import { pickMedia, uploadMedia } from "./media.ts";
import { formatParts, formatTemplateParts, type CloudPart, type CloudParts } from "./parts.ts";
import { formatRecipient, isGroupId } from "./recipient.ts";
import type { Uncertain } from "./uncertain.ts";
import type { Windows } from "./window.ts";

export interface SendParts {
  readonly context: ChannelContext;
  readonly options: CloudOptions;
  readonly windows: Windows;
  readonly choices: NumberedChoices;
  readonly uncertain: Uncertain;
  readonly pauses: Pauses;
  readonly begun: Begun;
}

/** `Channel.send` by the Cloud API. */
export function createSend({
  context,
  options,
  windows,
  choices,
  uncertain,
  pauses,
  begun,
}: SendParts): (message: OutboundMessage, delivery: SendContext) => Promise<readonly string[]> {
  const { phoneNumberId, template } = options;

  async function pickParts(message: OutboundMessage, isBegun: boolean): Promise<CloudParts> {
    const { chat } = message.address;
    if (!(await windows.decideTemplate(chat, message.id, isBegun, context.now())))
      return formatParts(message, isGroupId(chat));
    if (template?.name === undefined)
      throw new AppError(
        "send-rejected",
        "This person has not written for 24 hours; WhatsApp then takes templates only, and none is configured.",
        { hint: "Set `template` of the channel to one that is approved, with one variable for the text." },
      );
    return formatTemplateParts(message);
  }

  async function formatBody(part: CloudPart, signal: AbortSignal): Promise<object> {
    switch (part.kind) {
      case "text":
        return { type: "text", text: { body: part.body, preview_url: false } };
      case "interactive":
        return { type: "interactive", interactive: part.interactive };
      case "file": {
        const { attachment } = part;
        const kind = pickMedia(attachment)?.kind ?? "document";
        const id = await uploadMedia(attachment, options, phoneNumberId, context.files, signal);
        return { type: kind, [kind]: { id, ...(kind === "document" ? { filename: attachment.name } : {}) } };
      }
      case "template": {
        const parameters = [{ type: "text", text: part.text }];
        const { name, language = "en_US" } = template ?? {};
        return {
          type: "template",
          template: { name, language: { code: language }, components: [{ type: "body", parameters }] },
        };
      }
    }
  }

  async function sendPart(
    message: OutboundMessage,
    part: CloudPart,
    sent: number,
    delivery: SendContext,
  ): Promise<string> {
    const { chat } = message.address;
    const { signal } = delivery;
    const quote = sent === 0 && message.replyToId !== undefined && part.kind !== "template";
    pauses.check("all", chat);
    const body = await formatBody(part, signal);
    const json = {
      messaging_product: "whatsapp",
      ...formatRecipient(chat),
      ...(quote ? { context: { message_id: message.replyToId } } : {}),
      ...body,
      biz_opaque_callback_data: message.id,
    };
    // 131056 is about this person, all others about our number.
    const onWait = (code: number | undefined, ms: number): void => pauses.note(code === 131056 ? chat : "all", ms);
    const path = `/${phoneNumberId}/messages`;
    const call = { effect: "send", json, signal, onWait } as const;
    const answer = (await begun.send(message, delivery, { sent, with: sent + 1 }, () =>
      callGraph(options, path, call),
    )) as {
      messages?: readonly { id?: string }[];
    };
    const id = answer?.messages?.[0]?.id;
    if (id === undefined) throw new AppError("send-uncertain", "WhatsApp took the message, but named no id for it.");
    return id;
  }

  return async (message, delivery) => {
    const { chat } = message.address;
    const sent = [...delivery.sentParts];
    const { parts, isNumbered } = await pickParts(message, sent.length > 0);
    if (parts.length === 0) throw new AppError("send-rejected", "There is nothing to send: no text, no file.");
    await choices.close(chat);
    for (const part of parts.slice(sent.length)) {
      try {
        sent.push(await sendPart(message, part, sent.length, delivery));
      } catch (error) {
        if (isAppError(error, "send-uncertain")) await uncertain.note(message.id);
        throw error;
      }
      await delivery.recordPart(sent.at(-1) ?? "");
    }
    if (isNumbered) await choices.open(chat, message.choices ?? []);
    return sent;
  };
}
