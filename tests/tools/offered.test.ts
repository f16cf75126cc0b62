import { describe, expect, it } from "vitest";
import { pickTools } from "../../src/tools/pick.ts";
import { createAllTools } from "./all-tools.ts";

const tools = createAllTools();
const alertmanager = ["alertmanager_list", "alertmanager_silence", "alertmanager_expire"];
const pagerduty = ["pagerduty_incidents", "pagerduty_update", "pagerduty_trigger"];
const kubernetes = ["kubernetes_read", "kubernetes_logs"];
const github = ["github_search", "github_read", "github_create_issue", "github_comment"];
const calendar = ["calendar_events", "calendar_free_time"];
const messages = ["edit_message", "react_to_message", "reply_to_message"];
/** What this table is about; the others have one of their own beside pickTools. */
const subjects = [
  "prometheus_query",
  "prometheus_state",
  ...alertmanager,
  ...pagerduty,
  ...kubernetes,
  ...github,
  ...calendar,
  "find_person",
  "look_at_image",
  "transcribe_audio",
  "speak",
  ...messages,
];
const pick = (text: string) =>
  pickTools(tools, text, { always: [] })
    .map(({ name }) => name)
    .filter((name) => subjects.includes(name));

describe("which tools for operations, the day, media and messages a sentence brings into the prompt", () => {
  it("is about tools that there are", () => {
    expect(tools.map(({ name }) => name).filter((name) => subjects.includes(name))).toEqual(subjects);
  });

  it.each<readonly [string, readonly string[]]>([
    ["What's the p95 latency of checkout?", ["prometheus_query"]],
    ["how much CPU does db-1 use", ["prometheus_query"]],
    ["Wie ist die Auslastung der Datenbank?", ["prometheus_query"]],
    ["graph the error rate over the last hour", ["prometheus_query"]],
    ["which alerts are firing?", ["prometheus_state", ...alertmanager]],
    ["is anything wrong? the shop is down", ["prometheus_state"]],
    ["Silence the DiskFull alert for two hours", ["prometheus_state", ...alertmanager]],
    ["which silences are active", alertmanager],
    ["Welche Alerts gibt es gerade?", ["prometheus_state", ...alertmanager]],
    ["acknowledge the incident", pagerduty],
    ["who is on call tonight?", pagerduty],
    ["page someone, the shop went down", ["prometheus_state", "pagerduty_trigger"]],
    ["open incidents in PagerDuty please", pagerduty],
    ["why does the web pod restart", kubernetes],
    ["kubectl get deployments in shop", kubernetes],
    ["show me the logs of web-2", ["kubernetes_logs"]],
    ["CrashLoopBackOff again!", kubernetes],
    ["open an issue for it", github],
    ["what did they say on the pull request", github],
    ["Are the CI checks green?", github],
    ["search GitHub for the cache bug", github],
    ["file a bug report", ["github_create_issue", "github_comment"]],
    ["what is in my calendar today", calendar],
    ["When is my next meeting?", calendar],
    ["Welche Termine habe ich morgen?", calendar],
    ["find a time for lunch with Grace", ["calendar_free_time"]],
    ["when am I free this week", ["calendar_free_time"]],
    ["qu'est-ce qu'il y a dans mon calendrier", calendar],
    ["how do I reach Grace", ["find_person"]],
    ["look in my contacts", ["find_person"]],
    ["[attached image: cat.png, image/png, 100 bytes]", ["look_at_image"]],
    ["what is in this picture?", ["look_at_image"]],
    ["Was steht auf dem Foto?", ["look_at_image"]],
    ["[attached audio: voice.ogg, audio/ogg, 100 bytes]", ["transcribe_audio"]],
    ["transcribe the recording", ["transcribe_audio"]],
    ["read it aloud", ["speak"]],
    ["answer with a voice message", ["transcribe_audio", "speak"]],
    ["there is a typo in your message", ["edit_message"]],
    ["react with a thumbs up", ["react_to_message"]],
    ["put an emoji on that", ["react_to_message"]],
    ["reply to Ada's question in the thread", ["reply_to_message"]],
  ])("%j", (text, expected) => {
    expect(pick(text)).toEqual(subjects.filter((name) => expected.includes(name)));
  });

  it.each([
    "ping",
    "hi there!",
    "good morning, did you sleep well?",
    "nice meeting you",
    "thanks, you are the best",
    "I can picture that",
    "you have a lovely voice",
    "turn the page",
    "silence is golden",
    "let's stay in contact",
    "edit: I meant Tuesday",
    "that's correct",
    "sit down please",
    "log in again",
    "he checks the door twice",
    "ci vediamo domani",
    "are you available?",
    "how would you react?",
    "nice quote",
    "no issue at all",
    "I resolve to run more",
    "a pause, then silence",
    "entschuldige die Störung",
    "open the terminal",
    "in the event of rain",
    "my thoughts are all over the place",
    "tell me a joke",
    "¿cómo estás?",
    "merci beaucoup",
    "そうですね",
  ])("none for %j", (text) => {
    expect(pick(text)).toEqual([]);
  });

  it("has a card for everything that does something", () => {
    const doing = tools.filter(({ name, effect }) => subjects.includes(name) && effect !== "read");
    expect(doing.length).toBeGreaterThan(8);
    expect(doing.filter(({ describe: card }) => card === undefined).map(({ name }) => name)).toEqual([]);
  });

  it("leaves out what has no service or no port", () => {
    const few = new Set(createAllTools({ services: [] }).map(({ name }) => name));
    expect(subjects.filter((name) => few.has(name))).toEqual(["find_person", "look_at_image", ...messages]);
  });
});
