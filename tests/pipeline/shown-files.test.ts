import { afterEach, describe, expect, it } from "vitest";
import type { Attachment, OutboundMessage } from "../../src/core/message.ts";
import type { Tool } from "../../src/core/tool.ts";
import { createScriptedModel, type ScriptedModel } from "../doubles/scripted-model.ts";
import { inbound, room } from "../store/mail.ts";
import { createFakePlatform } from "./fake-platform.ts";
import { createScene, type Process, type Scene } from "./scene.ts";

let scene: Scene;
let process: Process;
let model: ScriptedModel;
afterEach(() => scene.close());

const file = (name: string, mimeType: string, bytes = 100): Attachment => ({
  kind: mimeType.startsWith("image/") ? "image" : "file",
  name,
  mimeType,
  bytes,
  path: `files/${"0".repeat(64)}`,
});

async function send(attachments: readonly Attachment[]): Promise<readonly string[]> {
  model = createScriptedModel(() => "I see.");
  scene = await createScene({ platform: createFakePlatform(), model });
  process = scene.begin();
  await process.receive(inbound("1", { text: "look", attachments }));
  await scene.settle(process);
  return (model.requests[0]?.messages.at(-1)?.content ?? []).map((part) =>
    part.type === "file"
      ? `${part.name} ${part.mimeType}: ${Buffer.from(part.base64, "base64").toString("utf8")}`
      : part.type === "text"
        ? part.text
        : part.type,
  );
}

describe("files that come with a message", () => {
  it("are shown to the model: pictures and PDFs, by their bytes", async () => {
    const [text, ...shown] = await send([file("cat.png", "image/png"), file("bill.pdf", "application/pdf")]);
    expect(text).toContain("cat.png");
    expect(shown).toEqual(["cat.png image/png: bytes of cat.png", "bill.pdf application/pdf: bytes of bill.pdf"]);
  });

  it("are named only, where they are of another kind, gone, too large or too many", async () => {
    const many = Array.from({ length: 6 }, (_, index) => file(`${index}.png`, "image/png"));
    const [text, ...shown] = await send([
      file("song.mp3", "audio/mpeg"),
      file("huge.png", "image/png", 50_000_000),
      ...many,
      file("gone.png", "image/png"),
    ]);
    for (const name of ["song.mp3", "huge.png", "gone.png", "0.png"]) expect(text).toContain(name);
    expect(shown.map((line) => line.split(" ")[0])).toEqual(["3.png", "4.png", "5.png"]);
  });

  it("are seen in their own turn; later ones see their names", async () => {
    await send([file("cat.png", "image/png")]);
    await process.receive(inbound("2", { text: "and now?" }));
    await scene.settle(process);
    const parts = model.requests[1]?.messages.flatMap(({ content }) => content) ?? [];
    expect(parts.some(({ type }) => type === "file")).toBe(false);
  });
});

describe("files that tools make", () => {
  it("go out with the answer, each once, after a crash too", async () => {
    const shot: Attachment = { ...file("shot.png", "image/png"), path: `files/${"1".repeat(64)}` };
    const tool: Tool = {
      name: "screenshot",
      description: "Takes a picture.",
      inputSchema: { type: "object" },
      effect: "read",
      keywords: [],
      timeoutMs: 1_000,
      maxOutputChars: 100,
      run: async () => ({ text: "Here it is.", isOutside: false, attachments: [shot] }),
    };
    let isKilled = false;
    model = createScriptedModel((_request, call) =>
      call === 0
        ? {
            toolCalls: [
              { name: "screenshot", input: {} },
              { name: "screenshot", input: {} },
            ],
          }
        : "Look.",
    );
    scene = await createScene({
      platform: createFakePlatform(),
      model,
      tools: [tool],
      reach: (point) => {
        if (point !== "before-commit" || isKilled) return;
        isKilled = true;
        throw new Error("killed");
      },
    });
    process = scene.begin();
    await process.receive(inbound("1", { text: "show me" }));
    await scene.settle(process);
    process = scene.begin();
    scene.clock.advance(60_000);
    scene.wakes.set(room, scene.clock.now());
    await scene.settle(process);
    const rows = await scene.store.database.read<{ message: string }>({
      sql: "select message from outbox",
      parameters: [],
    });
    expect(rows.map(({ message }) => (JSON.parse(message) as OutboundMessage).attachments)).toEqual([[shot]]);
  });
});
