import { countCommon } from "./format.ts";
import type { ServerFrame, WirePreview } from "./protocol.ts";

/** Shows answers while they are written: a chat's latest text, sent as what changed since the last frame. */
export interface Previews {
  show(chatId: string, id: string, text: string): void;
  /** What pages that follow the chat have been sent so far. */
  current(chatId: string): WirePreview | undefined;
  clear(chatId: string): void;
  close(): void;
}

type PreviewChange = Omit<Extract<ServerFrame, { type: "preview" }>, "type" | "chat">;

interface Preview {
  readonly id: string;
  sent: string;
  latest: string;
  timer: NodeJS.Timeout | undefined;
  expiry: NodeJS.Timeout;
}

/** The pipeline paces itself, too; this bounds what several answers at once can do. */
const flushMs = 25;
const expiryMs = 120_000;
const maxPreviews = 1000;

/** `push` must not throw. Text that is not followed by more is forgotten after two minutes. */
export function createPreviews(push: (chatId: string, change: PreviewChange) => void): Previews {
  const previews = new Map<string, Preview>();

  function flush(chatId: string, preview: Preview): void {
    preview.timer = undefined;
    const from = countCommon(preview.sent, preview.latest);
    if (from === preview.sent.length && from === preview.latest.length) return;
    preview.sent = preview.latest;
    push(chatId, { id: preview.id, from, text: preview.latest.slice(from) });
  }

  function clear(chatId: string): void {
    const preview = previews.get(chatId);
    if (preview === undefined) return;
    clearTimeout(preview.timer);
    clearTimeout(preview.expiry);
    previews.delete(chatId);
  }

  function begin(chatId: string, id: string): Preview {
    clear(chatId);
    const [oldest] = previews.keys();
    if (previews.size >= maxPreviews && oldest !== undefined) clear(oldest);
    const preview: Preview = {
      id,
      sent: "",
      latest: "",
      timer: undefined,
      expiry: setTimeout(() => clear(chatId), expiryMs).unref(),
    };
    previews.set(chatId, preview);
    return preview;
  }

  return {
    show(chatId, id, text) {
      const known = previews.get(chatId);
      const preview = known?.id === id ? known : begin(chatId, id);
      preview.latest = text;
      preview.expiry.refresh();
      preview.timer ??= setTimeout(flush, flushMs, chatId, preview).unref();
    },
    current(chatId) {
      const preview = previews.get(chatId);
      return preview === undefined || preview.sent === "" ? undefined : { id: preview.id, text: preview.sent };
    },
    clear,
    close() {
      for (const chatId of previews.keys()) clear(chatId);
    },
  };
}
