import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { insertChannel } from "../../src/cli/channels/insert-channel.ts";

const channel = { platform: "irc", host: "irc.example.org", channels: ["#ops"] };

describe("adding a channel to a configuration", () => {
  it.each([
    ["an empty file", ""],
    ["no channels", "http: { port: 1 }"],
    ["channels without content", "channels:\nhttp: { port: 1 }\n"],
    [
      "channels behind other things, with comments",
      "# a\nchannels: # b\n  web: { platform: webchat } # c\n  # d\n\nlog: { level: info }\n",
    ],
    ["a wider indent", "channels:\n      web:\n            platform: webchat\nlog: { level: info }"],
    ["no line break at the end", "channels:\n  web:\n    platform: webchat"],
    ["references", "channels:\n  tg: { platform: telegram, token: ${TOKEN} }\n"],
  ])("works with %s", (_name, text) => {
    const changed = insertChannel(text, "chat", channel) ?? "";
    const mask = (yaml: string): string => yaml.replaceAll("${TOKEN}", "x");
    const before = (parse(mask(text)) ?? {}) as { channels?: object | null };
    expect(parse(mask(changed))).toEqual({ ...before, channels: { ...before.channels, chat: channel } });
    for (const line of text.split("\n")) expect(changed.split("\n")).toContain(line);
  });

  it("does not guess where channels stand on one line", () => {
    expect(insertChannel("channels: { web: { platform: webchat } }", "chat", channel)).toBeUndefined();
    expect(insertChannel("channels: []", "chat", channel)).toBeUndefined();
  });

  it("takes a line separator of Unicode for a letter, as YAML does", () => {
    const value = "\u2028 \u2029 ";
    const changed = insertChannel("channels:\n  web:\n    platform: webchat\n", "chat", { value }) ?? "";
    expect((parse(changed) as { channels: { chat: unknown } }).channels.chat).toEqual({ value });
  });

  it("writes any text so that it is read back as it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (value) => {
        const changed = insertChannel("channels:\n  web:\n    platform: webchat\n", "chat", { value }) ?? "";
        expect((parse(changed) as { channels: { chat: unknown } }).channels.chat).toEqual({ value });
      }),
    );
  });
});
