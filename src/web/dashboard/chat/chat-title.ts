import type { ChatState } from "./chat-state.ts";
import { formatPlain } from "./markdown.ts";

/** What the open chat is called: as the server says, else by its first words. */
export function formatTitle({ chat, chats, entries, pending }: ChatState): string {
  const known = chats?.find((item) => item.chat === chat)?.title ?? "";
  const first =
    entries.find(({ direction }) => direction === "in")?.text ?? pending.find((message) => message.chat === chat)?.text;
  return formatPlain(known || (first ?? ""), 80) || "New chat";
}
