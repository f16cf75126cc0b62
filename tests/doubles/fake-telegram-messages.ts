import {
  checkText,
  readChat,
  readKeyboard,
  readText,
  Refused,
  stripTags,
  type FakeSent,
  type Payload,
} from "./fake-telegram-api.ts";

export interface FakeMessages {
  /** Of the bot, in order. */
  readonly sent: FakeSent[];
  /** Gives the next id of the chat to a message of somebody else. */
  add(chatId: number): number;
  send(payload: Payload): unknown;
  edit(payload: Payload, what: "text" | "caption"): unknown;
}

/** The chats of the fake: who wrote which id, and what it shows. */
export function createFakeMessages(bot: object): FakeMessages {
  const sent: FakeSent[] = [];
  const lastIds = new Map<string, number>();
  /** By "chat:id"; undefined for those of other people. */
  const messages = new Map<string, FakeSent | undefined>();

  /** Private chats and small groups share a counter, supergroups and channels have their own. */
  function nextId(chatId: number): number {
    const scope = String(chatId).startsWith("-100") ? String(chatId) : "account";
    const id = (lastIds.get(scope) ?? (scope === "account" ? 500 : 10)) + 1;
    lastIds.set(scope, id);
    return id;
  }

  function send(payload: Payload): unknown {
    const chatId = readChat(payload);
    const text = payload.file === undefined ? checkText(payload) : readText(payload, "caption");
    const keyboard = readKeyboard(payload);
    const answered = payload["reply_parameters"] as
      | { message_id: number; allow_sending_without_reply?: boolean }
      | undefined;
    const repliesTo =
      answered !== undefined && messages.has(`${chatId}:${answered.message_id}`) ? answered.message_id : undefined;
    if (answered !== undefined && repliesTo === undefined && answered.allow_sending_without_reply !== true)
      throw new Refused(400, "Bad Request: message to be replied not found");
    const messageId = nextId(chatId);
    const message: FakeSent = {
      chatId,
      messageId,
      text,
      keyboard,
      edits: 0,
      ...(payload["message_thread_id"] === undefined ? {} : { threadId: Number(payload["message_thread_id"]) }),
      ...(repliesTo === undefined ? {} : { replyToId: repliesTo }),
      ...(payload.file === undefined ? {} : { file: payload.file }),
    };
    sent.push(message);
    messages.set(`${chatId}:${messageId}`, message);
    return {
      message_id: messageId,
      date: now(),
      chat: describeChat(chatId),
      from: bot,
      text: stripTags(text),
    };
  }

  function edit(payload: Payload, what: "text" | "caption"): unknown {
    const key = `${readChat(payload)}:${Number(payload["message_id"])}`;
    if (!messages.has(key)) throw new Refused(400, "Bad Request: message to edit not found");
    const message = messages.get(key);
    if (message === undefined) throw new Refused(400, "Bad Request: message can't be edited");
    if ((what === "caption") !== (message.file !== undefined))
      throw new Refused(400, `Bad Request: there is no ${what} in the message to edit`);
    const text = what === "text" ? checkText(payload) : readText(payload, "caption");
    const keyboard = readKeyboard(payload);
    if (text === message.text && JSON.stringify(keyboard) === JSON.stringify(message.keyboard)) {
      throw new Refused(
        400,
        "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
      );
    }
    Object.assign(message, { text, keyboard, edits: message.edits + 1 });
    return {
      message_id: message.messageId,
      date: now(),
      chat: describeChat(message.chatId),
      text: stripTags(text),
    };
  }

  function add(chatId: number): number {
    const messageId = nextId(chatId);
    messages.set(`${chatId}:${messageId}`, undefined);
    return messageId;
  }

  return { sent, add, send, edit };
}

export const now = (): number => Math.floor(Date.now() / 1_000);

export function describeChat(chatId: number, name = "Ada"): object {
  if (chatId > 0) return { id: chatId, type: "private", first_name: name };
  return {
    id: chatId,
    type: String(chatId).startsWith("-100") ? "supergroup" : "group",
    title: "Engine room",
  };
}
