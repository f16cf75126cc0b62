/** What signal-cli refuses, with its codes: https://github.com/AsamK/signal-cli, SignalJsonRpcCommandHandler */
export class RpcRefused extends Error {
  readonly code: number;
  readonly data: unknown;
  constructor(code: number, message: string, data: unknown = null) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

export type Params = Readonly<Record<string, unknown>>;

/** A parameter of several values: by its name or in the plural, one or a list. */
export function readList(params: Params, name: string): readonly string[] {
  const value = params[name] ?? params[`${name}s`] ?? [];
  const list = Array.isArray(value) ? (value as unknown[]) : [value];
  for (const each of list) if (typeof each !== "string") throw new RpcRefused(-32_600, `${name} must be text`);
  return list as string[];
}

export function readTimestamp(params: Params, name: string): number | undefined {
  const value = params[name];
  if (value === undefined) return undefined;
  if (!Number.isSafeInteger(value)) throw new RpcRefused(-32_600, `${name} must be a long`);
  return value as number;
}

/** The chat that a send is for: exactly one. */
export function readTarget(params: Params): string {
  const recipients = readList(params, "recipient");
  const groups = readList(params, "groupId");
  if (recipients.length + groups.length !== 1) throw new RpcRefused(-1, "No recipients given");
  const [recipient = ""] = recipients;
  if (groups.length === 1) {
    if (!/^[A-Za-z0-9+/]{42,43}=$/.test(groups[0] ?? "")) throw new RpcRefused(-1, "Invalid group id");
    return `group.${groups[0]}`;
  }
  if (!/^(?:\+\d{5,15}|[0-9a-f-]{36})$/.test(recipient)) throw new RpcRefused(-1, "Invalid phone number");
  return recipient;
}

/** "start:length:STYLE", within the text. */
export function checkStyles(text: string, styles: readonly string[]): void {
  for (const each of styles) {
    const [, start, length, style = ""] = /^(\d+):(\d+):(.+)$/.exec(each) ?? [];
    if (start === undefined) throw new RpcRefused(-1, `Invalid textStyle syntax (${each})`);
    if (!["BOLD", "ITALIC", "STRIKETHROUGH", "MONOSPACE", "SPOILER"].includes(style))
      throw new RpcRefused(-1, `Invalid style: ${style}`);
    if (Number(length) < 1 || Number(start) + Number(length) > text.length)
      throw new RpcRefused(-1, `The style ${each} is outside the text`);
  }
}

export interface SentFile {
  readonly name: string;
  readonly type: string;
  readonly content: Uint8Array;
}

/** RFC 2397, as signal-cli's DataURI reads it; Jackson reads no text of more than 20,000,000 letters. */
export function readDataUri(uri: string): SentFile {
  if (uri.length > 20_000_000) throw new RpcRefused(-32_603, "String value length exceeds the maximum allowed");
  const { groups } = /^data:(?<type>.+?\/.+?)?(?<parameters>;.+?)?(?<base64>;base64)?,(?<data>.+)$/is.exec(uri) ?? {};
  if (groups === undefined) throw new RpcRefused(-32_603, "Failed to send message: no such file");
  const name = /;filename=(.+)/i.exec(groups["parameters"] ?? "")?.[1] ?? "file";
  if (groups["base64"] === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(groups["data"] ?? ""))
    throw new RpcRefused(-32_603, "Illegal base64 character");
  return {
    name: decodeURIComponent(name),
    type: groups["type"] ?? "text/plain",
    content: Buffer.from(groups["data"] ?? "", "base64"),
  };
}
