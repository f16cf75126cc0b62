import type { APIInteraction } from "discord.js";
import type { InboundMessage } from "../../src/core/message.ts";
import { parsePerson } from "./people.ts";
import { formatAddress, type Place } from "./places.ts";
import { timeOf } from "./snowflake.ts";

/** A use of a slash command or a button of ours. */
export interface ParsedInteraction {
  readonly kind: "command" | "press";
  /** Of a press, `text` is what the button carries. */
  readonly message: InboundMessage;
}

const prefix = "interaction:";

export function formatInteractionId(id: string): string {
  return prefix + id;
}

/** The interaction that a message of ours answers; undefined when it answers a message. */
export function parseInteractionId(replyToId: string | undefined): string | undefined {
  return replyToId?.startsWith(prefix) === true ? replyToId.slice(prefix.length) : undefined;
}

/** Undefined for kinds that we never offer: menus, forms, completion. */
export function parseInteraction(raw: APIInteraction, place: Place, channel: string): ParsedInteraction | undefined {
  const user = raw.member?.user ?? raw.user;
  if (user === undefined) return undefined;
  const content = parseContent(raw);
  if (content === undefined) return undefined;
  const { kind, text, replyToId } = content;
  return {
    kind,
    message: {
      id: formatInteractionId(raw.id),
      address: formatAddress(place, channel),
      sender: parsePerson(user, raw.member, channel),
      text,
      attachments: [],
      ...(replyToId === undefined ? {} : { replyToId }),
      isAddressed: true,
      isGroup: place.kind !== "direct",
      sentAt: timeOf(raw.id),
      kind: "command",
      ...(place.name === undefined ? {} : { subject: place.name }),
    },
  };
}

function parseContent(
  raw: APIInteraction,
): { readonly kind: "command" | "press"; readonly text: string; readonly replyToId?: string } | undefined {
  const type: number = raw.type;
  if (type === 2) {
    const { name, options = [] } = raw.data as {
      readonly name: string;
      readonly options?: readonly { readonly value?: string | number | boolean }[];
    };
    const values = options.map(({ value }) => String(value ?? "")).filter((value) => value !== "");
    return { kind: "command", text: [`/${name}`, ...values].join(" ") };
  }
  if (type === 3) {
    const { custom_id: customId } = raw.data as { readonly custom_id: string };
    const replyToId = raw.message?.id;
    return { kind: "press", text: customId, ...(replyToId === undefined ? {} : { replyToId }) };
  }
  return undefined;
}
