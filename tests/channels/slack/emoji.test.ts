import { describe, expect, it } from "vitest";
import { formatEmoji, parseEmoji } from "../../../channels/slack/emoji.ts";
import { emojiNames } from "../../../channels/slack/emoji-names.ts";

describe("emoji", () => {
  it.each([
    ["+1", "👍"],
    ["heart", "❤️"],
    ["de", "🇩🇪"],
    ["wave::skin-tone-6", "👋🏿"],
    ["female-technologist::skin-tone-2", "👩🏻‍💻"],
    ["white_check_mark", "✅"],
    ["man-woman-girl-boy", "👨‍👩‍👧‍👦"],
  ])("%s is %s, and back", (name, emoji) => {
    expect(parseEmoji(name)).toBe(emoji);
    expect(formatEmoji(emoji)).toBe(name);
  });

  it("knows other names, other spellings and the workspace's own", () => {
    expect(parseEmoji("thumbsup")).toBe("👍");
    expect(parseEmoji("flag-de")).toBe("🇩🇪");
    expect(formatEmoji("❤")).toBe("heart");
    expect(formatEmoji(":party-parrot:")).toBe("party-parrot");
    expect(parseEmoji("party-parrot")).toBeUndefined();
    expect(parseEmoji("+")).toBeUndefined();
    expect(formatEmoji("a")).toBeUndefined();
    expect(formatEmoji("")).toBeUndefined();
  });

  it("finds every name of the table, both ways", () => {
    const entries = emojiNames.replaceAll("\n", "").split("|").filter(Boolean);
    expect(entries.length).toBeGreaterThan(1_800);
    for (const entry of entries) {
      const [names = "", emoji = ""] = entry.split(" ");
      for (const name of names.split(",")) expect(parseEmoji(name)).toBe(emoji);
      expect(names.split(",")).toContain(formatEmoji(emoji));
    }
  });
});
