/** Signal knows a message by who wrote it and when, to the millisecond. */
export interface MessageKey {
  /** ACI. */
  readonly author: string;
  readonly timestamp: number;
}

export function formatMessageId({ author, timestamp }: MessageKey): string {
  return `${author}:${timestamp}`;
}

/** Undefined for what is no id of a Signal message. */
export function parseMessageId(id: string): MessageKey | undefined {
  const [, author, timestamp] = /^([0-9a-f-]{36}):(\d{1,16})$/i.exec(id) ?? [];
  return author === undefined ? undefined : { author, timestamp: Number(timestamp) };
}
