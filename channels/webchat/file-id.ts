import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { ChannelState } from "../../src/core/channel.ts";
import type { Attachment } from "../../src/core/message.ts";

/**
 * Names files towards the page. An id holds the attachment and a signature over it and its owner: only that person
 * can send or fetch it, and nothing has to be remembered about uploads that never became part of a message.
 */
export interface FileIds {
  format(owner: string, attachment: Attachment): Promise<string>;
  /** Undefined: forged, damaged, or another person's. */
  parse(owner: string, id: string): Promise<Attachment | undefined>;
}

const maxIdChars = 4096;

/** Its key is made on first use and kept in the channel's state. */
export function createFileIds(state: ChannelState): FileIds {
  let key: Promise<Buffer> | undefined;

  function loadKey(): Promise<Buffer> {
    key ??= loadOrCreateKey(state).catch((error: unknown) => {
      key = undefined;
      throw error;
    });
    return key;
  }

  async function sign(owner: string, payload: string): Promise<Buffer> {
    return createHmac("sha256", await loadKey())
      .update(`${owner}.${payload}`)
      .digest();
  }

  return {
    async format(owner, { kind, name, mimeType, bytes, path }) {
      const payload = Buffer.from(JSON.stringify([kind, name, mimeType, bytes, path])).toString("base64url");
      return `${payload}.${(await sign(owner, payload)).toString("base64url")}`;
    },

    async parse(owner, id) {
      const [payload, signature, ...rest] = id.length > maxIdChars ? [] : id.split(".");
      if (payload === undefined || signature === undefined || rest.length > 0) return undefined;
      const expected = await sign(owner, payload);
      const given = Buffer.from(signature, "base64url");
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
      const [kind, name, mimeType, bytes, path] = JSON.parse(Buffer.from(payload, "base64url").toString()) as [
        Attachment["kind"],
        string,
        string,
        number,
        string,
      ];
      return { kind, name, mimeType, bytes, path };
    },
  };
}

async function loadOrCreateKey(state: ChannelState): Promise<Buffer> {
  const known = await state.get("file-key");
  if (known !== undefined) return Buffer.from(known, "base64url");
  const fresh = randomBytes(32);
  await state.set("file-key", fresh.toString("base64url"));
  return fresh;
}
