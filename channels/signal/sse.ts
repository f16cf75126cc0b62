/** One event of a stream: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
export interface StreamEvent {
  readonly id?: string;
  readonly data: string;
}

/** "alive": the stream said something that is no event. "too-large": an event was passed by for its size. */
export type StreamItem = StreamEvent | "alive" | "too-large";

/**
 * Reads server-sent events, bounded: of an event larger than `maxLength` nothing is kept. Asks for more only when the
 * last item was dealt with. Ends with the stream.
 */
export async function* readEvents(stream: AsyncIterable<Uint8Array>, maxLength: number): AsyncGenerator<StreamItem> {
  const decoder = new TextDecoder();
  let buffer = "";
  let isSkippingLine = false;
  let event = createEvent();
  for await (const chunk of stream) {
    buffer += decoder.decode(chunk, { stream: true });
    yield "alive";
    for (let end = findLineEnd(buffer); end !== undefined; end = findLineEnd(buffer)) {
      const line = buffer.slice(0, end.at);
      buffer = buffer.slice(end.next);
      if (isSkippingLine) isSkippingLine = false;
      else if (line !== "") event.take(line, maxLength);
      else {
        const item = event.finish();
        event = createEvent();
        if (item !== undefined) yield item;
      }
    }
    if (buffer.length > maxLength) {
      event.spoil();
      isSkippingLine = true;
      // A carriage return may be half of a line end.
      buffer = buffer.endsWith("\r") ? "\r" : "";
    }
  }
}

/** Lines end with CR LF, LF or CR; a CR at the very end may still get its LF. */
function findLineEnd(text: string): { at: number; next: number } | undefined {
  const at = text.search(/[\r\n]/);
  if (at < 0) return undefined;
  if (text[at] === "\n") return { at, next: at + 1 };
  if (at === text.length - 1) return undefined;
  return { at, next: at + (text[at + 1] === "\n" ? 2 : 1) };
}

function createEvent(): {
  take(line: string, maxLength: number): void;
  spoil(): void;
  finish(): StreamItem | undefined;
} {
  let id: string | undefined;
  let data: string[] | undefined;
  let length = 0;
  let isSpoilt = false;
  return {
    take(line, maxLength) {
      const [, field, value = ""] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
      if (field === "id" && !value.includes("\0")) id = value;
      if (field !== "data" || isSpoilt) return;
      length += value.length + 1;
      isSpoilt = length > maxLength;
      data = isSpoilt ? undefined : [...(data ?? []), value];
    },
    spoil() {
      isSpoilt = true;
      data = undefined;
    },
    finish() {
      if (isSpoilt) return "too-large";
      return data === undefined ? undefined : { ...(id === undefined ? {} : { id }), data: data.join("\n") };
    },
  };
}
