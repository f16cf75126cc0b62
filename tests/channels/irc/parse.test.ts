import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identityOf, parseMessage, stripFormatting } from "../../../channels/irc/parse.ts";
import { decodeLine } from "../../../channels/irc/transport.ts";
import type { InboundMessage } from "../../../src/core/message.ts";
import { createScriptedClient, type ScriptedClient } from "./scripted-client.ts";

const fixtures = JSON.parse(await readFile(new URL("../../fixtures/irc/lines.json", import.meta.url), "utf8")) as {
  about: string;
  line: string;
  message: InboundMessage | null;
}[];

function parseLine(scripted: ScriptedClient, line: string): InboundMessage | undefined {
  const before = scripted.events.length;
  scripted.receive(line);
  const found = scripted.events[before];
  if (found === undefined) return undefined;
  const { event, type } = found;
  return parseMessage(event, type, identityOf(event.account, event.ident, event.hostname, false), {
    channel: "irc",
    ownNick: scripted.client.user.nick,
    wantedNick: "parlance",
    lower: (text) => scripted.client.caseLower(text),
    isRoom: (target) => scripted.client.network.isChannelName(target),
    freshId: "fresh",
    receivedAt: 1000,
  });
}

describe("parsing IRC", () => {
  it.each(fixtures)("$about", ({ line, message }) => {
    expect(parseLine(createScriptedClient("parlance"), line) ?? null).toEqual(message);
  });

  it("answers to the wanted nick while somebody else holds it", () => {
    const scripted = createScriptedClient("parlance_");
    expect(parseLine(scripted, ":ada!a@b PRIVMSG #ops :parlance: hi")).toMatchObject({
      text: "hi",
      isAddressed: true,
    });
    expect(parseLine(scripted, ":ada!a@b PRIVMSG #ops :parlance_, hi")).toMatchObject({
      text: "hi",
      isAddressed: true,
    });
    expect(parseLine(scripted, ":ada!a@b PRIVMSG #ops :parlancexyz: hi")).toMatchObject({
      isAddressed: false,
    });
  });

  it("gives a replayed message the id that it had", () => {
    const scripted = createScriptedClient("parlance");
    const line = "@time=2026-03-01T12:00:00.000Z :ada!a@b PRIVMSG #ops :hi";
    const ids = [
      line,
      line,
      line.replace("12:00", "12:01"),
      line.replace(":hi", ":ho"),
      ":ada!a@b PRIVMSG #ops :hi",
    ].map((one) => parseLine(scripted, one)?.id);
    expect(ids[0]).toBe(ids[1]);
    expect(new Set(ids).size).toBe(4);
    expect(ids[4]).toBe("fresh");
  });

  it("reads /me, and answers no other CTCP request and no notice", () => {
    const scripted = createScriptedClient("parlance");
    const count = scripted.written.length;
    expect(parseLine(scripted, ":ada!a@b PRIVMSG #ops :\x01ACTION waves\x01")).toMatchObject({
      text: "ada waves",
      isAddressed: false,
    });
    for (const request of ["VERSION", "PING 1", "TIME", "DCC SEND a 1 2 3"])
      expect(parseLine(scripted, `:ada!a@b PRIVMSG parlance :\x01${request}\x01`)).toBeUndefined();
    expect(parseLine(scripted, ":ada!a@b NOTICE parlance :hi")).toBeUndefined();
    expect(scripted.written.length).toBe(count);
  });

  it("keeps people apart whom only an account or a host tells apart", () => {
    const keys = [
      identityOf("ada", "a", "b", false),
      identityOf(undefined, "a", "b", false),
      identityOf("*", "a", "b", false),
      identityOf("a@b", "x", "y", false),
    ].map(({ key }) => key);
    expect(keys).toEqual(["account:ada", "host:a@b", "host:a@b", "account:a@b"]);
  });

  it("never throws on any text, and lets no control character but the tab through", () => {
    const scripted = createScriptedClient("parlance");
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.constantFrom("#ops", "parlance"),
        fc.constantFrom("", "parlance: ", "\x02", "\x01ACTION "),
        (text, target, start) => {
          const message = parseLine(scripted, `:ada!a@b PRIVMSG ${target} :${start}${text}`);
          if (message === undefined) return;
          expect(message.text).not.toMatch(/[^\P{Cc}\t]/u);
          expect(message.text).not.toBe("");
        },
      ),
    );
  });

  it("decodes any bytes; valid UTF-8 exactly", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void decodeLine(bytes)));
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme" }),
        (text) => decodeLine(Buffer.from(text)) === text.replaceAll("\0", ""),
      ),
    );
    expect(decodeLine(Buffer.from("gr\xfc\xdfe", "latin1"))).toBe("grüße");
  });

  it("strips formats and nothing else", () => {
    expect(stripFormatting("\x0304,12red\x03 5 \x02b\x02 \x04ff00aahex \x1di\x1d\x0f \x034four\x0312,3,4")).toBe(
      "red 5 b hex i four,4",
    );
  });
});
