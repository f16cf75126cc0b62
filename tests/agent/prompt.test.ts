import { expect, it } from "vitest";
import { formatMail, formatSystemPrompt } from "../../src/agent/prompt.ts";
import type { InboxItem } from "../../src/core/store.ts";
import { loadPersonas } from "../../src/definitions/load-personas.ts";
import { pickTools } from "../../src/tools/pick.ts";
import { inbound } from "../store/mail.ts";
import { createAllTools } from "../tools/all-tools.ts";

const item = (extra: Parameters<typeof inbound>[1]): InboxItem => ({
  seq: 1,
  conversation: "c",
  receivedAt: 0,
  message: inbound("1", extra),
});

it('stays below 4 KB for a "ping", with every shipped persona and all tools at hand', async () => {
  const { personas } = await loadPersonas([new URL("../../personas", import.meta.url).pathname], { maxSteps: 20 });
  const tools = createAllTools();
  expect(personas.size).toBeGreaterThan(0);
  const sizes = [...personas.values()].map((persona) => {
    const system = formatSystemPrompt({
      persona,
      ownerName: "Ada",
      timeZone: "UTC",
      now: 0,
      channel: "webchat",
      isGroup: false,
      summary: undefined,
      goal: undefined,
    });
    const offered = pickTools(tools, "ping", { always: [] }).map(({ name, description, inputSchema }) => ({
      name,
      description,
      inputSchema,
    }));
    const request = { system, messages: [formatMail([item({ text: "ping" })], false)], tools: offered };
    return [persona.name, Buffer.byteLength(JSON.stringify(request))] as const;
  });
  for (const [name, bytes] of sizes) expect(bytes, name).toBeLessThan(4_096);
});

it("begins with what never changes, so that providers can cache it", async () => {
  const { personas } = await loadPersonas([new URL("../../personas", import.meta.url).pathname], { maxSteps: 20 });
  const persona = personas.get("general");
  if (persona === undefined) throw new Error("no persona general");
  const facts = {
    persona,
    ownerName: "Ada",
    timeZone: "UTC",
    channel: "webchat",
    isGroup: false,
    summary: undefined,
    goal: undefined,
  };
  const day = 86_400_000;
  const [today, tomorrow] = [0, day].map((now) => formatSystemPrompt({ ...facts, now }));
  expect(today).not.toBe(tomorrow);
  const common = Array.from(today ?? "").findIndex((letter, index) => letter !== tomorrow?.[index]);
  expect(common).toBeGreaterThan((today?.length ?? 0) - 60);
  expect(formatSystemPrompt({ ...facts, now: 1, timeZone: "Asia/Tokyo" })).toContain("Asia/Tokyo");
});

it("names who speaks in groups, marks what comes from outside, and shows files and subjects", () => {
  const files = [{ kind: "file" as const, name: "a.pdf", mimeType: "application/pdf", bytes: 7, path: "files/x" }];
  const message = formatMail([item({ isGroup: true, subject: "Tea", attachments: files }), item({})], true);
  expect(message.content).toEqual([
    {
      type: "text",
      text: "Ada: Subject: Tea\n\nsay 1\n[attached file: a.pdf, application/pdf, 7 bytes]",
      isOutside: true,
    },
    { type: "text", text: "say 1", isOutside: true },
  ]);
});
