import { isObject, readText, type Content } from "./event.ts";

/** How an encrypted file is opened: https://spec.matrix.org/latest/client-server-api/#sending-encrypted-attachments */
export interface FileKey {
  /** 256 bits, base64url. */
  readonly key: string;
  /** 16 bytes, base64. */
  readonly iv: string;
  /** SHA-256 of the encrypted bytes, base64. */
  readonly sha256: string;
}

/** A file of a message, still on the server. */
export interface MatrixFile {
  /** mxc://<server>/<id> */
  readonly url: string;
  readonly name: string;
  readonly mimeType: string | undefined;
  /** Absent where the room is not encrypted. */
  readonly key?: FileKey;
}

const kinds = new Set(["m.image", "m.file", "m.audio", "m.video", "m.sticker"]);

/** The file of a message; "broken" when it says that there is one and not how to get it; undefined for other messages. */
export function parseFile(content: Content, eventType: string): MatrixFile | "broken" | undefined {
  const kind = eventType === "m.sticker" ? eventType : readText(content["msgtype"]);
  if (kind === undefined || !kinds.has(kind)) return undefined;
  const info = isObject(content["info"]) ? content["info"] : {};
  const mimeType = readText(info["mimetype"]);
  const name = pickName(content, mimeType);
  const { file } = content;
  if (!isObject(file)) {
    const url = readText(content["url"]);
    return url === undefined || parseMxc(url) === undefined ? "broken" : { url, name, mimeType };
  }
  const url = readText(file["url"]);
  const key = isObject(file["key"]) ? readText(file["key"]["k"]) : undefined;
  const iv = readText(file["iv"]);
  const sha256 = isObject(file["hashes"]) ? readText(file["hashes"]["sha256"]) : undefined;
  if (url === undefined || parseMxc(url) === undefined || key === undefined || iv === undefined || sha256 === undefined)
    return "broken";
  return { url, name, mimeType, key: { key, iv, sha256 } };
}

/** What stands beside a file: its caption. Without `filename` the body is the file's name, and there is none. */
export function hasCaption(content: Content): boolean {
  const name = readText(content["filename"]);
  return name !== undefined && name !== "" && name !== content["body"];
}

/** Server and id of an address of a file. */
export function parseMxc(url: string): { readonly server: string; readonly mediaId: string } | undefined {
  const [, server, mediaId] = /^mxc:\/\/([^/?#\s]+)\/([\w-]+)$/.exec(url) ?? [];
  return server === undefined || mediaId === undefined ? undefined : { server, mediaId };
}

function pickName(content: Content, mimeType: string | undefined): string {
  const given = readText(content["filename"]) ?? readText(content["body"]) ?? "";
  // A body may be a whole text.
  const name =
    given
      .split(/[\\/\n]/)
      .at(-1)
      ?.trim()
      .slice(0, 200) ?? "";
  const extension = /^\w+\/(?:x-)?([\w-]+)/.exec(mimeType ?? "")?.[1];
  return name !== "" ? name : extension === undefined ? "file" : `file.${extension}`;
}
