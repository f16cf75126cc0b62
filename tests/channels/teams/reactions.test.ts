import { expect, it } from "vitest";
import { formatReaction, parseReaction } from "../../../channels/teams/reactions.ts";

it.each([
  ["like", "👍"],
  ["yes-tone3", "👍\u{1f3fd}"],
  ["heart", "❤️"],
  ["1f440_eyes", "👀"],
  ["2705_whiteheavycheckmark", "✅"],
  ["274c_crossmark", "❌"],
  ["1f468_200d_1f9b0_maleredhaired", "👨\u200d\u{1f9b0}"],
  ["1f984_unicorn", "🦄"],
  ["shipit;0-weu-d1-abc", ":shipit:"],
  ["dead_beef", ":dead_beef:"],
])("reads %s as %s", (name, emoji) => {
  expect(parseReaction(name)).toBe(emoji);
});

it.each([
  ["👍", "like"],
  ["👍\u{1f3ff}", "like-tone5"],
  ["👎", "no"],
  ["❤", "heart"],
  ["❤️", "heart"],
  ["👀", "1f440_eyes"],
  ["🚀", "launch"],
])("sends %s as %s", (emoji, name) => {
  expect(formatReaction(emoji)).toBe(name);
});

it("sends no emoji that it does not know", () => {
  expect(formatReaction("🦄")).toBeUndefined();
});
