import { findBlockFault } from "./fake-slack-blocks.ts";
import type { FakeBlock, FakeSlackFile, FakeSlackMessage, FakeSlackStore } from "./fake-slack-store.ts";

/** `ok: false` with this error, and what some errors add. */
export class SlackError extends Error {
  readonly extra: object;
  constructor(error: string, extra: object = {}) {
    super(error);
    this.extra = extra;
  }
}

export interface MethodContext {
  readonly store: FakeSlackStore;
  readonly url: string;
  readonly bot: { readonly userId: string; readonly botId: string; readonly teamId: string };
  /** Files whose upload was announced. */
  readonly uploads: Map<string, { readonly name: string; readonly length: number; content?: Uint8Array }>;
  /** Called for what the bot posts: its own messages come back as events. */
  onPosted(message: FakeSlackMessage): void;
  readonly statuses: { chat: string; thread: string; status: string }[];
  readonly reactions: { chat: string; ts: string; name: string }[];
}

type Form = Readonly<Record<string, string>>;

/** The methods of https://docs.slack.dev/reference/methods that the adapter uses, errors included. */
export function performMethod(method: string, form: Form, context: MethodContext): object {
  const perform = methods[method];
  if (perform === undefined) throw new SlackError("unknown_method");
  return perform(form, context);
}

const methods: Readonly<Record<string, (form: Form, context: MethodContext) => object>> = {
  "auth.test": (_form, { bot }) => ({
    url: "https://example.slack.com/",
    team: "Example",
    user: "parlance",
    team_id: bot.teamId,
    user_id: bot.userId,
    bot_id: bot.botId,
  }),
  "chat.postMessage": (form, context) => {
    const { store, bot } = context;
    const chat = writable(form, context);
    const message = store.add({ chat, user: bot.userId, bot_id: bot.botId, ...readContent(form) });
    if (form["thread_ts"] !== undefined) message.thread_ts = form["thread_ts"];
    context.onPosted(message);
    return { channel: chat, ts: message.ts, message: show(message, true) };
  },
  "chat.update": (form, { store, bot }) => {
    const message = store.find(form["channel"] ?? "", form["ts"] ?? "");
    if (message === undefined) throw new SlackError("message_not_found");
    if (message.user !== bot.userId) throw new SlackError("cant_update_message");
    if ((form["text"] ?? "").length > 4_000) throw new SlackError("msg_too_long");
    const content = readContent(form);
    Object.assign(message, content, form["attachments"] === undefined ? { attachments: message.attachments } : {});
    return { channel: message.chat, ts: message.ts, text: message.text };
  },
  "conversations.history": (form, context) => {
    const chat = readable(form, context);
    return page(form, context.store.history(chat));
  },
  "conversations.replies": (form, context) => {
    const chat = readable(form, context);
    const found = context.store.find(chat, form["ts"] ?? "");
    if (found === undefined) throw new SlackError("thread_not_found");
    // For a reply Slack gives the reply alone.
    const isReply = found.thread_ts !== undefined && found.thread_ts !== found.ts;
    if (isReply) return { messages: [show(found, false)], has_more: false };
    const [head, ...replies] = context.store.replies(chat, found.ts);
    const paged = page(form, replies);
    return { ...paged, messages: [...(head === undefined ? [] : [show(head, false)]), ...paged.messages] };
  },
  "users.conversations": (_form, { store }) => ({
    channels: [...store.chats.values()].filter(({ isMember }) => isMember).map(({ id, name }) => ({ id, name })),
    response_metadata: { next_cursor: "" },
  }),
  "conversations.info": (form, { store }) => {
    const chat = store.chats.get(form["channel"] ?? "");
    if (chat === undefined) throw new SlackError("channel_not_found");
    return {
      channel: {
        id: chat.id,
        ...(chat.user === undefined ? { name: chat.name, is_member: chat.isMember } : { is_im: true, user: chat.user }),
      },
    };
  },
  "conversations.open": (form, { store }) => {
    const user = form["users"] ?? "";
    if (!store.people.has(user)) throw new SlackError("user_not_found");
    const found = [...store.chats.values()].find((chat) => chat.user === user);
    const chat = found ?? { id: `D${user.slice(1)}`, isMember: true, user };
    store.chats.set(chat.id, chat);
    return { channel: { id: chat.id } };
  },
  "users.info": (form, { store, bot }) => {
    const id = form["user"] ?? "";
    const person = id === bot.userId ? { name: "parlance", isBot: true } : store.people.get(id);
    if (person === undefined) throw new SlackError("user_not_found");
    return {
      user: {
        id,
        name: person.name.toLowerCase(),
        is_bot: person.isBot,
        profile: { display_name: person.name, real_name: `${person.name} Example` },
      },
    };
  },
  "reactions.add": (form, { store, reactions }) => {
    const { channel: chat = "", timestamp: ts = "", name = "" } = form;
    if (store.find(chat, ts) === undefined) throw new SlackError("message_not_found");
    if (!/^[a-z0-9_+'-]+(?:::skin-tone-\d)?$/.test(name)) throw new SlackError("invalid_name");
    if (reactions.some((each) => each.chat === chat && each.ts === ts && each.name === name))
      throw new SlackError("already_reacted");
    reactions.push({ chat, ts, name });
    return {};
  },
  "assistant.threads.setStatus": (form, { statuses }) => {
    if (form["thread_ts"] === undefined) throw new SlackError("invalid_thread_ts");
    statuses.push({ chat: form["channel_id"] ?? "", thread: form["thread_ts"], status: form["status"] ?? "" });
    return {};
  },
  "files.getUploadURLExternal": (form, { uploads, url }) => {
    const length = Number(form["length"]);
    if (!(length > 0)) throw new SlackError("invalid_arguments");
    const id = `F0UP${uploads.size + 1}`;
    uploads.set(id, { name: form["filename"] ?? "", length });
    return { upload_url: `${url}/upload/${id}`, file_id: id };
  },
  "files.completeUploadExternal": (form, context) => {
    const { store, uploads, bot } = context;
    const chat = writable({ ...form, channel: form["channel_id"] ?? "", text: "file" }, context);
    const named = JSON.parse(form["files"] ?? "[]") as readonly { id: string; title?: string }[];
    const files = named.map(({ id, title }): FakeSlackFile => {
      const upload = uploads.get(id);
      if (upload?.content === undefined) throw new SlackError("file_not_found");
      return keepFile(
        store,
        context.url,
        { id, name: upload.name, ...(title === undefined ? {} : { title }) },
        upload.content,
      );
    });
    const message = store.add({ chat, user: bot.userId, bot_id: bot.botId, text: "", files, subtype: "file_share" });
    if (form["thread_ts"] !== undefined) message.thread_ts = form["thread_ts"];
    return { files: files.map(({ id, title }) => ({ id, title })) };
  },
  "files.info": (form, { store }) => {
    const found = store.files.get(form["file"] ?? "");
    if (found === undefined) throw new SlackError("file_not_found");
    return { file: found.file };
  },
};

export function keepFile(
  store: FakeSlackStore,
  url: string,
  about: { readonly id: string; readonly name: string; readonly title?: string; readonly mimetype?: string },
  content: Uint8Array,
): FakeSlackFile {
  const { id, name, title = name, mimetype = "application/octet-stream" } = about;
  const address = `${url}/files-pri/${id}`;
  const file: FakeSlackFile = {
    id,
    name,
    title,
    mimetype,
    size: content.byteLength,
    mode: "hosted",
    url_private: address,
    url_private_download: `${address}/download`,
  };
  store.files.set(id, { content, file });
  return file;
}

/** Metadata is told only where it is asked for. */
export function show(message: FakeSlackMessage, hasMetadata: boolean): object {
  const { chat: _chat, metadata, ...rest } = message;
  return { type: "message", ...rest, ...(hasMetadata && metadata !== undefined ? { metadata } : {}) };
}

function page(
  form: Form,
  messages: readonly FakeSlackMessage[],
): { messages: object[]; has_more: boolean; response_metadata: object } {
  const { oldest = "0", cursor, limit = "100" } = form;
  const within = messages.filter(({ ts }) => Number(ts) > Number(oldest));
  const from = cursor === undefined ? 0 : Number(cursor.replace("page-", ""));
  const to = from + Math.min(Number(limit), 999);
  return {
    messages: within.slice(from, to).map((message) => show(message, form["include_all_metadata"] === "true")),
    has_more: to < within.length,
    response_metadata: { next_cursor: to < within.length ? `page-${to}` : "" },
  };
}

function readContent(form: Form): Pick<FakeSlackMessage, "text"> & Partial<FakeSlackMessage> {
  const blocks = (parseField(form["blocks"]) ?? []) as readonly FakeBlock[];
  const attachments = (parseField(form["attachments"]) ?? []) as NonNullable<FakeSlackMessage["attachments"]>;
  const metadata = parseField(form["metadata"]) as FakeSlackMessage["metadata"];
  const { text = "" } = form;
  if (text === "" && blocks.length === 0) throw new SlackError("no_text");
  const [fault, detail] = findBlockFault(blocks, attachments)?.split(": ", 2) ?? [];
  if (fault !== undefined) throw new SlackError(fault, { response_metadata: { messages: [`[ERROR] ${detail}`] } });
  return { text, blocks, attachments, ...(metadata === undefined ? {} : { metadata }) };
}

function parseField(text: string | undefined): unknown {
  return text === undefined ? undefined : JSON.parse(text);
}

function writable(form: Form, { store }: MethodContext): string {
  const chat = store.chats.get(form["channel"] ?? "");
  if (chat === undefined) throw new SlackError("channel_not_found");
  if (!chat.isMember) throw new SlackError("not_in_channel");
  return chat.id;
}

function readable(form: Form, { store }: MethodContext): string {
  const chat = store.chats.get(form["channel"] ?? "");
  if (chat === undefined) throw new SlackError("channel_not_found");
  if (!chat.isMember) throw new SlackError("not_in_channel");
  return chat.id;
}
