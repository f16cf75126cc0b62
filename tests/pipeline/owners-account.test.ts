import { afterEach, describe, expect, it } from "vitest";
import type { InboundMessage } from "../../src/core/message.ts";
import type { ReplyPolicy } from "../../src/pipeline/policy.ts";
import { createScriptedModel, type Script } from "../doubles/scripted-model.ts";
import { createFakePlatform } from "./fake-platform.ts";
import { createScene, type Process, type Scene, type SceneOptions } from "./scene.ts";
import { inbound } from "../store/mail.ts";

/* What goes out in the owner's account without the owner, although `reply.action` is `draft`, or is no answer at all. */

let scene: Scene;
let process: Process;
afterEach(() => scene.close());

async function begin(
  action: ReplyPolicy["action"],
  script: Script = () => "My answer.",
  options: Partial<SceneOptions> = {},
): Promise<void> {
  scene = await createScene({
    platform: createFakePlatform(),
    model: createScriptedModel(script),
    ownerIds: ["test:owner"],
    ownerPlace: { channel: "test", chat: "owner" },
    policy: { reply: { action, escalateFrom: "high" } },
    ...options,
  });
  process = scene.begin();
}

async function say(id: string, text: string, extra: Partial<InboundMessage> = {}): Promise<void> {
  await process.receive(inbound(id, { text, sentAt: scene.clock.now(), ...extra }));
  await scene.settleOverTime(process);
}
const shownIn = (chat: string) => scene.platform.shown.filter((each) => each.chat === chat).map(({ text }) => text);
const stranger = { id: "test:eve", name: "Eve", isBot: false };

describe("reply.action: draft", () => {
  it("says nothing to the sender when the model fails", async () => {
    await begin("draft", () => ({ error: { message: "no", retryable: false, reason: "rejected" } }));
    await say("1", "Could you send me the report?");
    expect(shownIn("room")).toEqual([]);
  });

  it("says nothing to the sender when the budget is spent", async () => {
    await begin("draft", () => "My answer.", { budgets: { perDay: 0 } });
    await say("1", "Could you send me the report?");
    expect(shownIn("room")).toEqual([]);
  });

  it.each(["/help", "/stop", "/reject abc123", "/tmp is full, could you look?"])(
    "does not answer a stranger who writes %s",
    async (text) => {
      await begin("draft");
      await say("1", text, { sender: stranger });
      expect(shownIn("room")).toEqual([]);
    },
  );
});

describe("reply.action: auto", () => {
  it("does not send the words for an empty answer as the owner's own", async () => {
    await begin("auto", () => "");
    await say("1", "Could you send me the report?");
    expect(shownIn("room")).toEqual([]);
  });

  it("does not send our own words about steps as the owner's own", async () => {
    await begin("auto", () => "", {
      persona: { maxSteps: 1 },
      tools: [
        {
          name: "look",
          description: "",
          effect: "read",
          inputSchema: { type: "object" },
          run: async () => ({ text: "nothing" }),
        } as never,
      ],
      model: createScriptedModel(() => ({ toolCalls: [{ name: "look", input: {} }] })),
    });
    await say("1", "Could you send me the report?");
    expect(shownIn("room")).toEqual([]);
  });
});
