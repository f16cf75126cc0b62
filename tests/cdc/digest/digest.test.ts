import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { marked, type Token, type Tokens } from "marked";
import { describe, expect, it } from "vitest";
import { assembleDigest } from "../../../src/cdc/digest/assemble-digest.ts";
import type { DecisionRecord, ThreadRecord } from "../../../src/core/cdc.ts";
import { formatDigest } from "../../../src/cdc/digest/format-digest.ts";
import { anyFacts, linkTo, options, readWeek } from "./digest-facts.ts";

const golden = fileURLToPath(new URL("../../fixtures/cdc/digest-week.md", import.meta.url));

describe("what a digest has to tell", () => {
  it("has every message once, and every thread to answer once: by itself or by its draft", () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const digest = assembleDigest(facts, options);
        const { decisions, threads, drafts } = facts;
        expect(digest.decisionIds).toEqual(decisions.map(({ id }) => id));
        expect(digest.messages).toBe(decisions.length);
        const inThreads = digest.channels.flatMap((channel) => {
          expect(channel.threads.reduce((sum, { count }) => sum + count, 0)).toBe(channel.count);
          return channel.threads.map(({ target, count }) => [target.id, count] as const);
        });
        const wanted = Map.groupBy(decisions, ({ conversation }) => conversation);
        expect(new Map(inThreads)).toEqual(new Map([...wanted].map(([id, all]) => [id, all.length])));
        expect(inThreads).toHaveLength(wanted.size);

        const drafted = new Set(drafts.map(({ conversation }) => conversation));
        const byId = new Map(decisions.map((decision) => [decision.id, decision.conversation]));
        const needed = digest.sections.needsYou.map(({ target }) =>
          target.kind === "decision" ? (byId.get(target.id) ?? "") : target.id,
        );
        expect(new Set(needed).size).toBe(needed.length);
        for (const conversation of needed) expect(drafted.has(conversation)).toBe(false);
        for (const { conversation } of threads)
          expect(needed.includes(conversation) || drafted.has(conversation)).toBe(true);
        expect(digest.sections.drafts).toHaveLength(drafts.length);

        const refs = Object.values(digest.sections).flatMap((items) => items.map(({ ref }) => ref));
        expect(refs).toEqual(refs.map((_ref, index) => index + 1));
      }),
    );
  });

  it("does not need the owner for what they have answered, dismissed or put off", () => {
    const asked = { id: "d1", conversation: "a/1", channel: "a", senderName: "Ben", excerpt: "?", tellsOwner: true };
    const rest = { drafts: [], promises: [], followUps: [], sends: [] };
    const needs = (decision: object, thread?: object) => {
      const decisions = [{ ...asked, action: "escalate", priority: "high", ...decision } as DecisionRecord];
      const threads = thread === undefined ? [] : [{ conversation: "a/1", reason: "", ...thread } as ThreadRecord];
      return assembleDigest({ ...rest, decisions, threads }, options).sections.needsYou.length;
    };
    const open = { snoozedUntil: 0 };
    expect([needs({ asks: true }, open), needs({ asks: false })]).toEqual([1, 1]);
    expect(needs({ asks: true })).toBe(0);
    expect(needs({ asks: false, correction: "ignore" })).toBe(0);
    expect(needs({ asks: true }, { snoozedUntil: options.toAt + 1 })).toBe(0);
  });

  it("begins with what presses most, and leaves out what the owner said needs nothing", () => {
    const week = readWeek();
    expect(week.sections.needsYou.map(({ who }) => who)).toEqual(["Gil", "Ana", "Build Bot", "Noor", "Hana", "Ines"]);
    expect(week.sections.promisesByOwner.map(({ note }) => note)).toEqual(["was due Wed 4 Mar", "by Mon 9 Mar"]);
    expect(week.sections.promisesToOwner.map(({ who }) => who)).toEqual(["Cleo"]);
  });
});

describe("a digest as a message", () => {
  it("reads like this over a week", () => {
    expect(`${formatDigest(readWeek(), { link: linkTo })}\n`).toBe(readFileSync(golden, "utf8"));
  });

  it("is never longer than it may be, and has no link, picture or HTML of anybody else's", () => {
    const lengths = fc.constantFrom(120, 160, 500, 1_500, 3_500);
    fc.assert(
      fc.property(anyFacts, lengths, fc.boolean(), (facts, maxChars, hasPage) => {
        const digest = assembleDigest(facts, options);
        const text = formatDigest(digest, { maxChars, ...(hasPage && { link: linkTo }) });
        expect(text.length).toBeLessThanOrEqual(maxChars);
        const tokens = listTokens(marked.lexer(text));
        const links = tokens.filter(({ type }) => type === "link").map((token) => (token as Tokens.Link).href);
        expect(links.filter((href) => !hasPage || !href.startsWith("https://parlance.example.org/"))).toEqual([]);
        const types = new Set(tokens.map(({ type }) => type));
        const allowed = new Set("space paragraph list list_item text strong link codespan escape".split(" "));
        expect([...types].filter((type) => !allowed.has(type))).toEqual([]);
      }),
    );
  });

  it("says how much it leaves out", () => {
    const week = readWeek();
    const countItems = (text: string) =>
      text
        .split("\n")
        .reduce((sum, line) => sum + Number(/^- and (\d+) more$/.exec(line)?.[1] ?? line.startsWith("- ")), 0);
    const waiting = Object.values(week.sections).flat().length;
    const threads = week.channels.flatMap((channel) => channel.threads).length;
    expect(countItems(formatDigest(week))).toBe(waiting + threads);
    const short = formatDigest(week, { maxChars: 1_100 });
    expect(short).toContain("**Needs you** (6)");
    expect(short).toContain("41 messages from 16 senders");
  });

  it("has short lines", () => {
    const visible = formatDigest(readWeek(), { link: linkTo })
      .replaceAll(/\]\([^)]+\)/g, "]")
      .replaceAll(/[\\*[\]]/g, "")
      .split("\n");
    expect(Math.max(...visible.map((line) => line.length))).toBeLessThanOrEqual(125);
  });

  it("is one sentence where nothing happened", () => {
    const none = { decisions: [], threads: [], drafts: [], promises: [], followUps: [], sends: [] };
    const digest = assembleDigest(none, options);
    expect(digest.isEmpty).toBe(true);
    expect(formatDigest(digest)).toBe("**Mon 2 Mar – Sun 8 Mar**\n\nNothing happened, and nothing waits for you.");
  });

  it("writes days as its reader does", () => {
    const { facts } = JSON.parse(readFileSync(golden.replace(/md$/, "json"), "utf8")) as { facts: never };
    const text = formatDigest(assembleDigest(facts, { ...options, locale: "de-DE" }));
    expect(text).toMatch(/^\*\*Mo\.? 2\. März – So\.? 8\. März\*\*$/m);
  });
});

function listTokens(tokens: readonly Token[]): readonly Token[] {
  return tokens.flatMap((token) => {
    const inner = "tokens" in token && token.tokens !== undefined ? token.tokens : [];
    const items = token.type === "list" ? (token as Tokens.List).items : [];
    return [token, ...listTokens(inner), ...listTokens(items)];
  });
}
