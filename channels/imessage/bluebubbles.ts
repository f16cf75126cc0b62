import type { Channel, ChannelContext } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import type { Address, Attachment, OutboundMessage } from "../../src/core/message.ts";
import { tellUnauthorised } from "../_shared/alarm.ts";
import { encodeForm } from "../_shared/multipart.ts";
import { createNumberedChoices } from "../_shared/numbered-choices.ts";
import { createOwnSends } from "../_shared/own-sends.ts";
import type { Patience } from "../_shared/reconnect.ts";
import { callBlue, streamBlue } from "./api.ts";
import { createCatchUp } from "./catch-up.ts";
import { formatDirectChat } from "./chat-id.ts";
import { createChats } from "./chats.ts";
import type { BlueBubblesOptions } from "./config.ts";
import { formatTexts } from "./format.ts";
import { formatHookAddress, registerHook } from "./hook-address.ts";
import { createLine } from "./line.ts";
import type { BlueAttachment, BlueMessage } from "./message.ts";
import { findRowAbove, listRows, listSince, loadMessage } from "./messages.ts";
import type { Part } from "./parts.ts";
import { handleNew, handleUpdate, type Intake } from "./receive.ts";
import { formatHint, reconcileParts } from "./reconcile.ts";
import { createSend } from "./send.ts";
import { createSentLog } from "./sent-log.ts";
import { formatTapback } from "./tapbacks.ts";
import { plainTraits, traits } from "./traits.ts";
import { createHook } from "./webhook.ts";

interface ServerInfo {
  readonly os_version?: string;
  readonly private_api?: boolean;
  readonly helper_connected?: boolean;
}

/** An Apple account on a Mac with a BlueBubbles server. */
export function createBlueBubbles(context: ChannelContext, options: BlueBubblesOptions, patience: Patience): Channel {
  const { state, log, now } = context;
  const api = options;
  const choices = createNumberedChoices(state, now);
  const chats = createChats(state);
  const sentLog = createSentLog(state);
  const ownSends = createOwnSends(state, now);
  const catchUp = createCatchUp(
    {
      rowAbove: (row, signal) => findRowAbove(api, row, signal),
      rows: (from, to, signal) => listRows(api, from, to, signal),
    },
    context,
  );
  const hookUrl = options.webhookUrl ?? context.hookUrl;
  const method = options.privateApi ? "private-api" : "apple-script";

  const intake = (sink: Intake["sink"], signal: AbortSignal): Intake => ({
    context: { ...context, options },
    sink,
    signal,
    choices,
    chats,
    sentLog,
    ownSends,
    fetchFile: (attachment, name) => fetchFile(attachment, name, signal),
  });

  function fetchFile({ guid, mimeType }: BlueAttachment, name: string, signal: AbortSignal): Promise<Attachment> {
    const meta = mimeType === undefined || mimeType === null ? { name } : { name, mimeType };
    const path = `/api/v1/attachment/${encodeURIComponent(guid)}/download`;
    return streamBlue(api, path, signal, (stream) => context.files.save(stream, meta));
  }

  async function prepare(signal: AbortSignal): Promise<void> {
    const path = "/api/v1/server/info";
    const info = await callBlue<ServerInfo | undefined>(api, path, { effect: "read", method: "GET", signal });
    // The service has left the GUIDs with macOS 26.
    await chats.setService(Number.parseInt(info?.os_version ?? "", 10) >= 26 ? "any" : "iMessage");
    if (options.privateApi && (info?.private_api !== true || info.helper_connected !== true))
      log.warn({}, "privateApi is set, but the Private API of BlueBubbles is not at work: nothing can be sent");
    if (options.webhookSecret !== undefined && hookUrl !== undefined)
      await registerHook(api, formatHookAddress(hookUrl, options.webhookSecret), log, signal);
  }

  const line = createLine({
    pollSeconds: options.pollSeconds ?? 30,
    patience,
    catchUp,
    prepare,
    handle: (message, sink, signal) => handleNew(message, intake(sink, signal)),
  });

  async function sendPart(message: OutboundMessage, part: Part, index: number, signal: AbortSignal): Promise<string> {
    const chatGuid = await chats.guid(message.address.chat);
    const tempGuid = `parlance-${message.id}-${index}`;
    const isReply = options.privateApi && index === 0 && message.replyToId !== undefined;
    const fields = {
      chatGuid,
      tempGuid,
      method,
      ...(isReply ? { selectedMessageGuid: message.replyToId ?? "" } : {}),
    };
    const sent = await ("attachment" in part
      ? callBlue<BlueMessage>(api, "/api/v1/message/attachment", {
          effect: "send",
          signal,
          timeoutMs: 300_000,
          ...encodeFile(part.attachment, fields),
        })
      : callBlue<BlueMessage>(api, "/api/v1/message/text", {
          effect: "send",
          signal,
          timeoutMs: 120_000,
          json: { ...fields, message: part.text },
        }));
    if (typeof sent.guid !== "string" || sent.guid === "")
      throw new AppError("send-uncertain", "BlueBubbles took it, but named no message.");
    return sent.guid;
  }

  function encodeFile(attachment: Attachment, fields: Readonly<Record<string, string>>): ReturnType<typeof encodeForm> {
    const { name, mimeType, bytes } = attachment;
    const content = context.files.open(attachment);
    const named = Object.entries({ ...fields, name }).map(([field, value]) => ({ name: field, value }));
    return encodeForm(named, [{ field: "attachment", name, mimeType, bytes, content }]);
  }

  // Changes of old messages are told by the hook only.
  const revisions = options.webhookSecret !== undefined;
  const base: Channel = {
    traits: { ...plainTraits, revisions },
    start: (sink, signal) => line.run(sink, signal),
    send: tellUnauthorised(
      createSend({ context: { ...context, options }, choices, sentLog, ownSends, sendPart }),
      line.lookUpNow,
    ),
    reconcileHint: () => formatHint(now()),
    reconcile: (message, delivery) =>
      reconcileParts(message, delivery, {
        maxUploadBytes: options.maxUploadBytes,
        sentLog,
        ownSends,
        now,
        listSince: (after, limit, signal) => listSince(api, after, limit, signal),
      }),
    openDirect: async (personId) => ({
      channel: context.name,
      chat: formatDirectChat(personId.slice(context.name.length + 1)),
    }),
    ...(options.webhookSecret === undefined
      ? {}
      : {
          webhook: createHook({
            secret: options.webhookSecret,
            line,
            log,
            load: (guid, signal) => loadMessage(api, guid, signal),
            async handleNew(message, sink, signal) {
              await handleNew(message, intake(sink, signal));
              catchUp.note(message.guid);
            },
            handleUpdate: (message, sink, signal) => handleUpdate(message, intake(sink, signal)),
          }),
        }),
  };
  if (!options.privateApi) return base;

  return {
    ...base,
    traits: { ...traits, revisions },
    async edit(message, platformId, signal) {
      const [editedMessage = "…"] = formatTexts(message);
      const json = { editedMessage, backwardsCompatibilityMessage: `Edited to “${editedMessage}”`, partIndex: 0 };
      const path = `/api/v1/message/${encodeURIComponent(platformId)}/edit`;
      await callBlue(api, path, { effect: "read", json, signal, timeoutMs: 60_000 }).catch(translateMissing);
    },
    async typing(address: Address, signal) {
      const path = `/api/v1/chat/${encodeURIComponent(await chats.guid(address.chat))}/typing`;
      await callBlue(api, path, { effect: "read", signal, timeoutMs: 10_000 }).catch(() => undefined);
    },
    async react(address, platformId, emoji, signal) {
      const chatGuid = await chats.guid(address.chat);
      const json = { chatGuid, selectedMessageGuid: platformId, partIndex: 0, ...formatTapback(emoji) };
      const call = callBlue(api, "/api/v1/message/react", { effect: "read", json, signal, timeoutMs: 90_000 });
      await call.catch(translateMissing);
    },
  };
}

/** A message that is not there is refused as a mistake of ours. */
function translateMissing(error: unknown): never {
  if (error instanceof AppError && error.code === "bad-input")
    throw new AppError("not-found", "BlueBubbles refuses: it does not have the message, or this Mac cannot do it.");
  throw error;
}
