import { afterEach, expect, it } from "vitest";
import { createScriptedModel } from "../doubles/scripted-model.ts";
import { inbound } from "../store/mail.ts";
import { createFakePlatform } from "./fake-platform.ts";
import { createScene, type Scene } from "./scene.ts";

let scene: Scene;
afterEach(() => scene.close());

async function answerWith(replyMode: "draft" | "silent") {
  const platform = createFakePlatform();
  scene = await createScene({
    platform,
    model: createScriptedModel(() => "My answer."),
    persona: { replyMode },
    ownerPlace: { channel: "test", chat: "owner" },
  });
  const process = scene.begin();
  await process.receive(inbound("1"));
  await scene.settle(process);
  await process.pump();
  await scene.settle(process);
  return platform;
}

it("never sends a draft to whoever asked, and shows it to the owner", async () => {
  const platform = await answerWith("draft");
  expect(platform.shown.map(({ chat }) => chat)).toEqual(["owner"]);
  expect(platform.shown[0]?.text).toContain("My answer.");
  expect(platform.shown[0]?.text).toContain("not sent yet");
  expect([platform.typed, platform.previews]).toEqual([[], []]);
});

it("says nothing at all for a silent persona", async () => {
  const platform = await answerWith("silent");
  expect([platform.shown, platform.typed, platform.previews]).toEqual([[], [], []]);
});
