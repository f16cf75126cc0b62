/** One event as it came over the wire. */
export interface ReadEvent {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

/** Reads server-sent events as browsers do: comments are passed over, an empty line ends an event. */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  onComment: (text: string) => void = () => undefined,
): AsyncGenerator<ReadEvent> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const blocks = rest.split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields = new Map(block.split("\n").map((line): [string, string] => parseField(line)));
      if (fields.has("")) onComment(fields.get("") ?? "");
      const data = fields.get("data");
      if (data !== undefined)
        yield { id: fields.get("id") ?? "", event: fields.get("event") ?? "message", data: JSON.parse(data) };
    }
  }
}

function parseField(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

/** The next `count` events, after which the stream is left. */
export async function takeEvents(body: ReadableStream<Uint8Array>, count: number): Promise<readonly ReadEvent[]> {
  const events: ReadEvent[] = [];
  if (count === 0) {
    await body.cancel();
    return events;
  }
  for await (const event of readEvents(body)) if (events.push(event) === count) break;
  return events;
}
