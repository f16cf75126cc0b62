import { afterEach, describe, expect, it } from "vitest";
import type { InboundMessage } from "../../src/core/message.ts";
import type { Tool } from "../../src/core/tool.ts";
import { createProviderModel } from "../../src/models/provider.ts";
import { pickTools } from "../../src/tools/pick.ts";
import { createWireServer, providers, stream, type Part, type WireServer } from "../models/wire-frames.ts";
import { inbound } from "../store/mail.ts";
import { createFakePlatform } from "./fake-platform.ts";
import { createScene, type Scene } from "./scene.ts";
import { createCountedTool } from "./tools.ts";

const owner = { id: "test:owner", name: "Grace", isBot: false };
let scene: Scene;
let server: WireServer;
afterEach(async () => {
  await scene.close();
  await server.close();
});

type Body = Readonly<Record<string, unknown>>;
/** What providers read first, then second, then the rest, under any of their names. */
const order = ["tools", "toolConfig", "system", "instructions", "systemInstruction", "messages", "input", "contents"];

/** A request as its provider's cache sees it: marks are no part of the text; a list that goes on has no end. */
function prefixOf(body: string): string {
  const parsed = JSON.parse(body, (key, value: unknown) => {
    if (key === "cache_control") return undefined;
    return Array.isArray(value)
      ? value.filter((each) => typeof each !== "object" || each === null || !("cachePoint" in each))
      : value;
  }) as Body;
  return order
    .flatMap((name) => (parsed[name] === undefined ? [] : [JSON.stringify(parsed[name])]))
    .join("\n")
    .replace(/\]$/, "");
}

const tool = (name: string, keywords: readonly string[]): Tool => ({
  ...createCountedTool(name, "read"),
  keywords,
  inputSchema: { type: "object", properties: { query: { type: "string" } } },
});
const tools = [tool("weather", ["weather"]), tool("clock", []), tool("train", ["train"]), tool("cups", ["cups"])];

async function begin(name: keyof typeof providers, answers: readonly (readonly Part[])[]) {
  const { frames, alias } = providers[name];
  server = await createWireServer();
  let count = 0;
  server.answer((response) => {
    const parts = answers[count++] ?? [{ text: ["Well."] }];
    return stream(response, frames(parts, parts.some((part) => "call" in part) ? "toolCalls" : "end"));
  });
  const model = await createProviderModel({
    ...alias,
    apiKey: "k",
    baseUrl: server.url,
    price: { input: 10, output: 0, cached: 1 },
  });
  scene = await createScene({
    platform: createFakePlatform(),
    model,
    tools,
    pickTools: (text, named) => pickTools(tools, text, { always: [...named] }),
    ownerIds: ["test:owner"],
  });
  const process = scene.begin();
  return async (...messages: readonly Partial<InboundMessage>[]) => {
    for (const message of messages)
      await process.receive(inbound(`m${server.asked.length}-${message.text}`, { sender: owner, ...message }));
    await scene.settle(process);
  };
}
const bodies = () => server.asked.map(({ body }) => body);
function expectPrefixes(): void {
  const prefixes = bodies().map(prefixOf);
  for (const [index, prefix] of prefixes.slice(1).entries()) {
    const before = prefixes[index] ?? "";
    // Where they part, for whoever reads the failure.
    const at = Array.from(before).findIndex((letter, place) => letter !== prefix[place]);
    expect(at === -1 ? "" : `request ${index + 1}: …${before.slice(Math.max(0, at - 80), at + 80)}`).toBe("");
  }
}
const look = (name: string, id: string): Part => ({ call: name, id, args: ['{"query":', '"x"}'] });

describe.each(Object.keys(providers) as (keyof typeof providers)[])("a conversation with %s", (name) => {
  it("begins every request with the whole of the one before, byte for byte", async () => {
    const say = await begin(name, [
      [{ text: ["Let me look."] }, look("weather", "call_1")],
      [{ text: ["Rain."] }],
      [look("clock", "call_2"), look("clock", "call_3")],
      [{ text: ["Late."] }],
    ]);
    await say({ text: "what about the weather" });
    await say({ text: "and the time, please" }, { text: "be quick", subject: "Time" });
    await say({
      text: "thanks",
      attachments: [{ kind: "file", name: "a.txt", mimeType: "text/plain", bytes: 1, path: "files/x" }],
    });
    await say({ text: "bye" });
    expect(server.asked).toHaveLength(6);
    expectPrefixes();
    const rows = await scene.store.usageSince(0);
    expect(rows.map(({ cachedTokens, inputTokens }) => [cachedTokens, inputTokens])).toEqual([[900, 1200]]);
    expect(rows[0]?.costMicros).toBe(300 * 10 + 900 * 1);
  });

  it("keeps its tools in their places when more are wanted", async () => {
    const say = await begin(name, []);
    await say({ text: "which train is it" });
    await say({ text: "how is the weather, and how many cups" });
    await say({ text: "thanks" });
    const offered = bodies().map((body) =>
      Array.from(body.matchAll(/"name":"(weather|clock|train|cups)"/g), ([, each]) => each),
    );
    expect(offered).toEqual([
      ["clock", "train"],
      ["clock", "train", "weather", "cups"],
      ["clock", "train", "weather", "cups"],
    ]);
  });

  it("marks what is to be cached, where that has to be asked for", async () => {
    const say = await begin(name, []);
    await say({ text: "one" });
    await say({ text: "two" });
    const [, body = ""] = bodies();
    const count = (words: string) => body.split(words).length - 1;
    expect(count('"cache_control"')).toBe(name === "anthropic" ? 4 : 0);
    expect(count('"cachePoint"')).toBe(name === "bedrock" ? 3 : 0);
    const keys = bodies().map((each) => (JSON.parse(each) as Body)["prompt_cache_key"]);
    if (name === "openai" || name === "azure") {
      expect(keys[0]).toEqual(expect.any(String));
      expect(new Set(keys).size).toBe(1);
    } else expect(keys).toEqual([undefined, undefined]);
    if (name !== "anthropic" && name !== "bedrock") return;
    // Behind the newest message, and where the request before this one ended.
    const { messages } = JSON.parse(body) as { messages: readonly unknown[] };
    const isMarked = messages.map((message) => /cache_control|cachePoint/.test(JSON.stringify(message)));
    expect(isMarked).toEqual([true, false, true]);
  });
});
