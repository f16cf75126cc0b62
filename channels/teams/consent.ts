import { isApproved } from "../../src/core/approved.ts";
import type { ChannelContext } from "../../src/core/channel.ts";
import { isAppError } from "../../src/core/errors.ts";
import type { Attachment } from "../../src/core/message.ts";
import { callHttp, refusal } from "../_shared/http.ts";
import type { TeamsActivity } from "./activity.ts";
import { formatPath, type Connector } from "./connector.ts";
import type { InvokeAnswer } from "./gate.ts";
import { formatPlace, parsePlace } from "./place.ts";
import type { Trust } from "./trust.ts";

/*
 * A bot puts a file into a personal chat in three steps: a card asks for consent; when the person presses "Allow", Teams
 * names an address in their OneDrive, to which we upload; then a card shows the file.
 */

const consentType = "application/vnd.microsoft.teams.card.file.consent";
const infoType = "application/vnd.microsoft.teams.card.file.info";
/** OneDrive takes so much in one request. */
export const maxUploadBytes = 60 * 1_048_576;

/** What is kept of a file that waits for consent. */
interface Offer {
  readonly attachment: Attachment;
  readonly chat: string;
  /** "uploaded": only the card is missing. "done": a repeated press changes nothing. */
  readonly state: "offered" | "uploaded" | "done";
}

/** The card that asks. Its context comes back with the answer, through the person's hands: it only names the offer. */
export function formatConsentCard({ name, bytes }: Attachment, offer: string): object {
  const context = { offer };
  return {
    contentType: consentType,
    name,
    content: { description: name, sizeInBytes: bytes, acceptContext: context, declineContext: context },
  };
}

export interface Consents {
  /** Keeps a file until the person has answered. Call it before the card goes out. */
  offer(id: string, chat: string, attachment: Attachment): Promise<void>;
  /** Answers the press on a card; one at a time in a chat. Rejects when it may be pressed again. */
  answer(activity: TeamsActivity): Promise<InvokeAnswer>;
}

export function createConsents(context: ChannelContext, connector: Connector, trust: Trust): Consents {
  const keyOf = (id: string): string => `offer:${id}`;

  async function keep(id: string, offer: Offer): Promise<void> {
    await context.state.set(keyOf(id), JSON.stringify(offer));
  }

  async function upload(attachment: Attachment, url: string): Promise<void> {
    const { bytes } = attachment;
    const answer = await callHttp(url, {
      service: "OneDrive",
      effect: "read",
      method: "PUT",
      headers: {
        "content-type": "application/octet-stream",
        "content-length": String(bytes),
        "content-range": `bytes 0-${bytes - 1}/${bytes}`,
      },
      body: context.files.open(attachment),
      timeoutMs: 120_000,
    });
    if (answer.status < 200 || answer.status > 299) throw refusal(answer, "OneDrive", "read");
  }

  async function accept(activity: TeamsActivity, id: string, offer: Offer, target: UploadTarget): Promise<void> {
    const { serviceUrl } = activity;
    const conversation = formatPlace(parsePlace(activity.conversation.id, ""));
    if (offer.state === "offered") {
      await upload(offer.attachment, target.uploadUrl);
      await keep(id, { ...offer, state: "uploaded" });
    }
    const { name, contentUrl, uniqueId, fileType } = target;
    const shown = { contentType: infoType, contentUrl, name, content: { uniqueId, fileType } };
    try {
      const path = formatPath(conversation, "activities");
      await connector.call({ serviceUrl }, { path, effect: "send", body: { type: "message", attachments: [shown] } });
    } catch (error) {
      // It is in their OneDrive already. Showing it twice would be worse than not at all.
      if (!isAppError(error, "send-uncertain")) throw error;
    }
    await keep(id, { ...offer, state: "done" });
    await takeCardAway(activity);
  }

  /** A card that was answered would only lead to a second upload. It does no harm where this fails. */
  async function takeCardAway({ serviceUrl, conversation, replyToId }: TeamsActivity): Promise<void> {
    if (replyToId == null) return;
    const path = formatPath(conversation.id, "activities", replyToId);
    await connector.call({ serviceUrl }, { path, method: "DELETE", effect: "read" }).catch(() => undefined);
  }

  return {
    offer: (id, chat, attachment) => keep(id, { attachment, chat, state: "offered" }),
    async answer(activity) {
      const { action, id, target } = parseAnswer(activity.value);
      const stored = await context.state.get(keyOf(id));
      const offer = stored === undefined ? undefined : (JSON.parse(stored) as Offer);
      // Offers are made to one chat; nobody else has a say.
      if (offer === undefined || offer.chat !== parsePlace(activity.conversation.id, "").chat)
        return { status: 404, body: undefined };
      // While we only listen, what was offered before stays an offer: it can be pressed again.
      if (context.isListening() && !isApproved(id)) return { status: 503 };
      if (action !== "accept") {
        await keep(id, { ...offer, state: "done" });
        await takeCardAway(activity);
        return { status: 200 };
      }
      if (offer.state === "done") return { status: 200 };
      if (target === undefined || !trust.isFiles(target.uploadUrl)) {
        context.log.warn({ file: offer.attachment.name }, "Teams names a place for a file that is not trusted");
        return { status: 403 };
      }
      await accept(activity, id, offer, target);
      return { status: 200 };
    },
  };
}

interface UploadTarget {
  readonly uploadUrl: string;
  readonly contentUrl: string;
  readonly name: string;
  readonly uniqueId: string;
  readonly fileType: string;
}

function parseAnswer(value: unknown): { action: string; id: string; target: UploadTarget | undefined } {
  const { action, context, uploadInfo } = (value ?? {}) as {
    action?: unknown;
    context?: { offer?: unknown } | null;
    uploadInfo?: Record<string, unknown> | null;
  };
  const text = (key: string): string => (typeof uploadInfo?.[key] === "string" ? uploadInfo[key] : "");
  const target = {
    uploadUrl: text("uploadUrl"),
    contentUrl: text("contentUrl"),
    name: text("name"),
    uniqueId: text("uniqueId"),
    fileType: text("fileType"),
  };
  return {
    action: typeof action === "string" ? action : "",
    id: typeof context?.offer === "string" ? context.offer : "",
    target: target.uploadUrl === "" ? undefined : target,
  };
}
