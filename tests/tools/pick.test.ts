import { describe, expect, it } from "vitest";
import { pickTools } from "../../src/tools/pick.ts";
import { createAllTools } from "./all-tools.ts";

const tools = createAllTools();
const pick = (text: string, always: readonly string[] = []) =>
  pickTools(tools, text, { always }).map((tool) => tool.name);

describe("pickTools", () => {
  it.each([
    "ping",
    "hello",
    "thanks, that was great",
    "wie geht's?",
    "",
    "**bold** and a/b and well-known",
    "who are you?",
    "more information please",
  ])("offers nothing for %j", (text) => {
    expect(pick(text)).toEqual([]);
  });

  it.each([
    ["What's the TIME in Tokyo?", "date_and_time"],
    ["wie viel Uhr ist es", "date_and_time"],
    ["quel jour: aujourd’hui ?", "date_and_time"],
    ["what is 12*4", "calculator"],
    ["12 × (3 + 4)", "calculator"],
    ["calculated wrongly, 15 percentages", "calculator"],
    ["how much is it", "calculator"],
    ["see https://example.org/a", "web_fetch"],
    ["you mentioned it", "conversation_search"],
    ["last time we met", "conversation_search"],
    ["let them know", "send_message"],
    ["schicke das an alle", "send_message"],
  ])("%j offers %s", (text, name) => {
    expect(pick(text)).toContain(name);
  });

  it("keeps the tools' order, and offers what is always on", () => {
    expect(pick("send it at what time", ["web_fetch"])).toEqual(["date_and_time", "web_fetch", "send_message"]);
    expect(pick("", ["shell", "git_read"])).toEqual(["git_read", "shell"]);
  });

  it("offers a tool without keywords always, and finds words in scripts without spaces", () => {
    const [clock] = tools;
    const silent = { ...clock!, name: "silent", keywords: [] };
    const chinese = { ...clock!, name: "chinese", keywords: ["时间"] };
    expect(pickTools([silent, chinese], "现在是什么时间？", { always: [] }).map((tool) => tool.name)).toEqual([
      "silent",
      "chinese",
    ]);
    expect(pickTools([silent, chinese], "ping", { always: [] }).map((tool) => tool.name)).toEqual(["silent"]);
  });

  it("has unique names, and schemas small enough for the prompt", () => {
    expect(new Set(tools.map((tool) => tool.name)).size).toBe(tools.length);
    for (const tool of tools)
      expect(JSON.stringify([tool.name, tool.description, tool.inputSchema]).length).toBeLessThan(900);
  });
});

const files = ["file_list", "file_read", "file_search", "file_write", "file_edit", "file_delete"];
const databases = ["database_query", "sqlite_query"];
const browser = ["browser_open", "browser_act", "browser_screenshot"];
const http = ["http_get", "http_send"];
/** What this table is about; the others have words of their own above. */
const subjects = new Set([
  ...files,
  ...databases,
  ...browser,
  ...http,
  "web_search",
  "read_document",
  "git_read",
  "shell",
]);

describe("which tools a sentence brings into the prompt", () => {
  it.each<readonly [string, readonly string[]]>([
    ["Which files are in the workspace?", [...files, "read_document"]],
    ["Put the list into a folder called trips", files],
    ["Read notes/today.md and tell me what is left", files],
    ["fix the typo in config.yaml", files],
    ["Lege einen Ordner an", files],
    ["lis le fichier rapport.txt", [...files, "read_document"]],
    ["grep for TODO", ["file_search"]],
    ["Summarise the PDF I sent", ["read_document"]],
    ["What does the attached spreadsheet say about May?", ["read_document"]],
    ["[attached document: Plan.docx, application/msword, 100 bytes]", ["read_document"]],
    ["Fasse den Anhang zusammen", ["read_document"]],
    ["read slides 3 to 5 of the deck.pptx", ["read_document"]],
    ["git status please", ["git_read"]],
    ["Who made the last commit?", ["git_read"]],
    ["show me the diff", ["git_read"]],
    ["which branches does the repo have", ["git_read"]],
    ["is there a merge conflict", ["git_read"]],
    ["run it in a shell", ["shell"]],
    ["Write a python script that sorts them", ["shell"]],
    ["run the tests", ["shell"]],
    ["what does this bash command line do", ["shell"]],
    ["Führe das Skript aus", ["shell"]],
    ["How many orders are in the database?", databases],
    ["write an SQL query for it", databases],
    ["ask the warehouse how many ropes are left", ["database_query"]],
    ["Wie viele Zeilen hat die Datenbank", databases],
    ["open the sqlite of my phone", ["sqlite_query"]],
    ["call the API and show me the status code", http],
    ["curl that endpoint", http],
    ["POST the JSON to the webhook", http],
    ["Search the web for rope makers", ["web_search"]],
    ["google that for me", ["web_search"]],
    ["look up the opening hours", ["web_search"]],
    ["Suche im Internet nach Seilen", ["web_search"]],
    ["find out who makes it", ["web_search"]],
    ["what is in the latest news about rope", ["web_search"]],
    ["take a screenshot of it", browser],
    ["open it in the browser", browser],
    ["sign in to the portal", browser],
    ["click on the order button", browser],
    ["see https://example.org/a", []],
    ["Read this article: https://example.org/story", []],
  ])("%j", (text, expected) => {
    expect(pick(text).filter((name) => subjects.has(name))).toEqual(
      tools.map(({ name }) => name).filter((name) => expected.includes(name)),
    );
  });

  it.each([
    "ping",
    "hi there!",
    "good morning, did you sleep well?",
    "thanks, you are the best",
    "lol",
    "ok cool",
    "I am tired today",
    "let's commit to it",
    "she is committed to the plan",
    "the rest of us agree",
    "a table for two on Friday",
    "my branch of the family",
    "are you online?",
    "any news?",
    "I have to run",
    "save me a seat",
    "edit: I meant Tuesday",
    "what do you think about the incident commander?",
    "can you explain this to me?",
    "write a poem about the sea",
    "translate that into French",
    "please remove me from the list",
    "I'll open the window",
    "turn the page",
    "das war nett von dir",
    "merci beaucoup",
    "¿cómo estás?",
    "そうですね",
    "the node is down",
    "put it on the shelf",
  ])("none for %j", (text) => {
    expect(pick(text).filter((name) => subjects.has(name))).toEqual([]);
  });

  it("leaves out what is not configured", () => {
    const few = createAllTools({ services: [], shell: "off", chromium: undefined }).map(({ name }) => name);
    for (const name of ["web_search", "database_query", "shell", ...browser]) expect(few).not.toContain(name);
    for (const name of [...files, "git_read", "sqlite_query", "read_document", ...http]) expect(few).toContain(name);
  });
});
