import type { ParseContext } from "../../../channels/slack/parse.ts";

const people: Readonly<Record<string, string>> = { U0ADA: "Ada", U0BOB: "Bob", U0BOT: "parlance" };

/** What the fixtures are read with: three people, one channel, one thread in which we are spoken with. */
export const context: ParseContext = {
  channel: "slack",
  me: { userId: "U0BOT", botId: "B0BOT", teamId: "T0TEAM" },
  threads: "follow",
  names: { person: (id) => people[id], room: (id) => (id === "C0OPS" ? "ops" : undefined), isBot: () => false },
  isFollowed: (chat, thread) => chat === "C0OPS" && thread === "1759999000.000300",
  threadOf: (_chat, ts) => (ts === "1759999000.000600" ? "1759999000.000500" : undefined),
};
