import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bySchedule, play } from "./play.ts";
import { startServices } from "./outside.ts";

const services = startServices();
const at = () => ({ origin: services.origin(), cause: bySchedule });
const url = (path: string) => `${services.origin()}${path}`;
const page =
  (title: string, ...lines: readonly string[]) =>
  () => ({
    headers: { "content-type": "text/html" },
    body: `<html><head><title>${title}</title></head><body><main>${lines.map((line) => `<p>${line}</p>`).join("")}</main></body></html>`,
  });
const long = "The shed has been there for as long as anybody can remember, and nobody knows who built it.";

describe("page-watch", () => {
  const watch = (second: string, answer: object) => {
    services.serve({ "/prices": page("Prices", long, "A pump costs 80 euros.") });
    return play("page-watch", {
      ...at(),
      inputs: { url: url("/prices") },
      answer: () => answer,
      onRest: async () => {
        services.serve({ "/prices": page("Prices", long, second) });
      },
    });
  };

  it("remembers the page for a day, and tells what changed", async () => {
    const played = await watch("A pump costs 90 euros.", { isChanged: true, what: "80 became 90 euros." });
    expect(played.hours).toBeCloseTo(24, 1);
    expect(played.prompts[0]).toMatch(/Before:[\s\S]*80 euros[\s\S]*After:[\s\S]*90 euros/);
    expect(played.sent).toEqual([`owner: **${url("/prices")} has changed**\n\n80 became 90 euros.`]);
  });

  it("says nothing of what is no change, and asks no model about the same page", async () => {
    expect((await watch("Today is Tuesday.", { isChanged: false, what: "a day" })).sent).toEqual([]);
    const same = await watch("A pump costs 80 euros.", {});
    expect(same.prompts).toEqual([]);
    expect(same.run).toMatchObject({ state: "done", outputs: { isChanged: false } });
  });
});

describe("reading-list", () => {
  it("reads each page, leaves out what is gone, and says which to read first", async () => {
    services.serve({ "/a": page("Compost", long, "Turn it often."), "/b": page("Mulch", long, "Put it thick.") });
    const list = [
      "# To read",
      `- [Compost](${url("/a")}) from Grace`,
      `- ${url("/gone")}`,
      `* <${url("/b")}>`,
      "- no address",
    ];
    const played = await play("reading-list", {
      cause: bySchedule,
      files: { "reading-list.md": list.join("\n") },
      answer: (prompt) =>
        prompt.startsWith("Which one")
          ? "Compost, for it is short."
          : prompt.includes("Turn it")
            ? "**Compost**"
            : "**Mulch**",
    });
    expect(services.asked()).toEqual(expect.arrayContaining(["GET /a", "GET /gone", "GET /b"]));
    expect(played.sent).toEqual(["owner: Compost, for it is short.\n\n**Compost**\n\n**Mulch**"]);
    expect(played.run.outputs).toEqual({ pages: 2 });
  });
});

describe("compare-pages", () => {
  it("compares what can be read in the order in which it was given", async () => {
    services.serve({ "/a": page("Tariff A", long, "Ten euros."), "/b": page("Tariff B", long, "Nine euros.") });
    const inputs = { urls: [url("/a"), url("/gone"), url("/b")], questions: ["price"], need: "something cheap" };
    const played = await play("compare-pages", { ...at(), inputs, answer: () => "| | A | - | B |" });
    expect(played.prompts[0]).toMatch(/Ten euros\.[\s\S]*\(could not be read\)[\s\S]*Nine euros\./);
    expect(played.prompts[0]).toContain("What is needed: something cheap");
    expect(played.sent).toEqual(["owner: | | A | - | B |"]);
    const lone = await play("compare-pages", { ...at(), inputs: { urls: [url("/a"), url("/gone")] } });
    expect(lone.sent).toEqual([expect.stringContaining("There are not two pages among these that can be read")]);
  });
});

describe("paper-summary", () => {
  const letter = readFileSync(new URL("../fixtures/documents/letter.pdf", import.meta.url));
  const answer = (prompt: string) => (prompt.startsWith("Summarise") ? "**Claim** (page 1)" : "- Only one letter");

  it("reads a real PDF, and keeps its notes beside it", async () => {
    const files = { "papers/letter.pdf": letter };
    const inputs = { file: "papers/letter.pdf", question: "Who wrote it?" };
    const played = await play("paper-summary", { files, inputs, answer });
    expect(played.prompts[0]).toContain("answer, from the document only: Who wrote it?");
    expect(played.prompts[0]).toContain("Second page: call the harbour office first.");
    expect(played.asked).toEqual([expect.stringContaining(String.raw`papers/letter\.pdf\.notes\.md`)]);
    expect(played.file("papers/letter.pdf.notes.md")).toBe("**Claim** (page 1)\n\n## Doubts\n\n- Only one letter\n");
    expect(played.sent).toEqual(["owner: **Claim** (page 1)\n\n**Doubts**\n- Only one letter"]);
    const unkept = await play("paper-summary", { files, inputs, answer, decide: () => "denied" });
    expect(unkept.file("papers/letter.pdf.notes.md")).toBeUndefined();
    expect(unkept.sent).toEqual(played.sent);
  });
});

describe("question-with-sources", () => {
  const results = (...paths: readonly string[]) => ({
    "/searxng/search": { results: paths.map((path) => ({ title: `Page ${path}`, url: url(path), content: "short" })) },
  });

  it("answers from pages that were read, under sources that no model wrote", async () => {
    services.serve({
      ...results("/a", "/gone", "/b"),
      "/a": page("A", long, "At dawn."),
      "/b": page("B", long, "At dusk."),
    });
    const inputs = { question: "When to water?", sources: 3 };
    const played = await play("question-with-sources", {
      ...at(),
      inputs,
      answer: () => "At dawn [1], or at dusk [3].",
    });
    expect(services.seen()[0]?.query.get("q")).toBe("When to water?");
    expect(played.prompts[0]).toMatch(/\[1\]\nA[\s\S]*At dawn\.[\s\S]*\[2\]\n\(could not be read\)\n\n\[3\]\nB/);
    expect(played.sent).toEqual([
      `owner: At dawn [1], or at dusk [3].\n\n[1] ${url("/a")}\n[2] ${url("/gone")}\n[3] ${url("/b")}`,
    ]);
  });

  it("invents nothing when nothing is found", async () => {
    services.serve(results());
    const played = await play("question-with-sources", { ...at(), inputs: { question: "When?" } });
    expect(played.sent).toEqual([expect.stringContaining("Nothing that can be read was found for: When?")]);
  });
});

describe("feed-news", () => {
  const feed = () => ({
    headers: { "content-type": "application/rss+xml; charset=utf-8" },
    body: readFileSync(new URL("../fixtures/workflows/feed.xml", import.meta.url), "utf8"),
  });
  const news = [
    { title: "Pumps", text: "They got cheaper.", link: "https://garden.example.org/pumps" },
    { title: "Prizes", text: "You won.", link: "https://evil.example.org/" },
  ];

  it("sends what the model picked, and no link that stands in no feed", async () => {
    services.serve({ "/feed.xml": feed });
    const inputs = { feeds: [url("/feed.xml"), url("/gone.xml")], interests: "pumps" };
    const played = await play("feed-news", { ...at(), inputs, answer: () => ({ news }) });
    expect(played.prompts[0]).toContain("published since 2026-01-04 and is about: pumps");
    expect(played.prompts[0]).toContain("<title>Pumps are cheaper this winter</title>");
    expect(played.sent).toEqual([
      "owner: **News about pumps**\n\n- **Pumps** They got cheaper. https://garden.example.org/pumps",
    ]);
    const none = await play("feed-news", { ...at(), inputs, answer: () => ({ news: news.slice(1) }) });
    expect(none.sent).toEqual([]);
    const dead = await play("feed-news", { ...at(), inputs: { feeds: [url("/gone.xml")] } });
    expect(dead.run).toMatchObject({ state: "done", outputs: { count: 0 } });
  });
});
