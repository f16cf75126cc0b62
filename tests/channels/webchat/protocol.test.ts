import { randomUUID } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstChatOf, formatChatId, ownerOf, parseChatId } from "../../../channels/webchat/chat-id.ts";
import { countCommon } from "../../../channels/webchat/format.ts";
import {
  isUuid,
  maxAttachments,
  maxTextChars,
  parseClientFrame,
  parseServerFrame,
  type ClientFrame,
} from "../../../channels/webchat/protocol.ts";
import { applyPreview } from "../../../src/web/dashboard/chat/chat-state.ts";

const [id, chat] = [randomUUID(), randomUUID()];

describe("client frames", () => {
  it.each<ClientFrame>([
    { type: "ping" },
    { type: "open", limit: 1 },
    { type: "open", chat, limit: 200 },
    { type: "earlier", chat, beforeAt: 0, limit: 50 },
    { type: "stop", chat },
    { type: "message", id, chat, text: "hello", attachments: [] },
    { type: "message", id, chat, text: "", attachments: ["a"] },
  ])("are read as they were written: $type", (frame) => {
    expect(parseClientFrame(JSON.stringify(frame))).toEqual({ ok: true, frame });
  });

  it.each([
    "",
    "[]",
    "null",
    '"ping"',
    '{"type":"pong"}',
    '{"type":"open","limit":0}',
    '{"type":"open","limit":201}',
    '{"type":"open","limit":1.5}',
    `{"type":"open","limit":1,"chat":"${chat}x"}`,
    `{"type":"open","limit":1,"chat":"${chat.toUpperCase()}"}`,
    `{"type":"open","limit":1,"chat":"someone:${chat}"}`,
    `{"type":"earlier","limit":1,"chat":"${chat}","beforeAt":-1}`,
    '{"type":"stop"}',
    `{"type":"message","id":"1","chat":"${chat}","text":"x","attachments":[]}`,
  ])("are refused with a reason: %s", (text) => {
    expect(parseClientFrame(text)).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/\.$/),
    });
  });

  it.each([
    { text: " \n ", attachments: [] },
    { text: "x".repeat(maxTextChars + 1), attachments: [] },
    { text: "x", attachments: Array.from({ length: maxAttachments + 1 }, () => "a") },
    { text: "x", attachments: [1] },
    { text: 1, attachments: [] },
  ])("tell which message was refused", (fields) => {
    expect(parseClientFrame(JSON.stringify({ type: "message", id, chat, ...fields }))).toMatchObject({ ok: false, id });
  });

  it("never make the reader throw", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.json()),
        (text) => typeof parseClientFrame(text).ok === "boolean" && parseServerFrame(text)?.type !== null,
      ),
    );
  });
});

describe("chat ids", () => {
  it("come back as they went, whatever the person's id holds", () => {
    fc.assert(
      fc.property(fc.string(), fc.uuid(), (person, uuid) => {
        expect(parseChatId(formatChatId(ownerOf(person), uuid))).toEqual({
          owner: ownerOf(person),
          chat: uuid,
        });
      }),
    );
  });

  it("give everybody a first chat of their own", () => {
    expect(isUuid(firstChatOf(ownerOf("a")))).toBe(true);
    expect(firstChatOf(ownerOf("a"))).not.toBe(firstChatOf(ownerOf("b")));
  });

  it("of other shapes are none of ours", () => {
    for (const other of ["", chat, `:${chat}`, `${ownerOf("a")}:x`, `${ownerOf("a")}:${chat}:1`])
      expect(parseChatId(other)).toBeUndefined();
  });
});

describe("previews", () => {
  it("arrive whole whatever the texts are", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" })), (texts) => {
        let sent = "";
        let preview: { readonly id: string; readonly text: string } | undefined;
        for (const text of texts) {
          const from = countCommon(sent, text);
          preview = applyPreview(preview, { id: "a", from, text: text.slice(from) });
          sent = text;
          expect(preview?.text).toBe(text);
        }
      }),
    );
  });

  it("ignore what does not join on", () => {
    const preview = { id: "a", text: "abc" };
    expect(applyPreview(preview, { id: "a", from: 4, text: "e" })).toBe(preview);
    expect(applyPreview(preview, { id: "b", from: 1, text: "e" })).toBe(preview);
    expect(applyPreview(preview, { id: "b", from: 0, text: "new" })).toEqual({
      id: "b",
      text: "new",
    });
  });
});
