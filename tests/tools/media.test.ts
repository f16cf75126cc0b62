import { Readable } from "node:stream";
import { beforeEach, describe, expect, it } from "vitest";
import type { Attachment } from "../../src/core/message.ts";
import type { Model, ModelEvent, ModelRequest } from "../../src/core/model.ts";
import { createLook } from "../../src/tools/media/ask-model.ts";
import { createMediaTools } from "../../src/tools/media/index.ts";
import { createLookAtImage, type LookAtImage } from "../../src/tools/media/look-at-image.ts";
import { createSpeechTools } from "../../src/tools/media/speech.ts";
import { createToolContext, testTool } from "../contracts/tool.ts";
import { startService } from "./local-server.ts";

const file = (kind: Attachment["kind"], name: string, content: string, bytes = content.length): Attachment => ({
  kind,
  name,
  mimeType: kind === "audio" ? "audio/ogg" : kind === "image" ? "image/png" : "text/plain",
  bytes,
  path: content,
});
const sent = [
  file("file", "notes.txt", "no"),
  file("audio", "voice 2.ogg", "OggS-two"),
  file("image", "cat.png", "PNG-cat"),
  file("audio", "voice.ogg", "OggS-one"),
  file("audio", "huge.ogg", "x", 2 ** 30),
];
const attached = {
  attachments: (conversation: string) => Promise.resolve(conversation === "chat/room" ? sent : []),
  /** The path stands for the bytes. */
  openFile: ({ path }: Attachment) => Readable.from([Buffer.from(path)]),
};

/** Fields of a form as RFC 7578 writes them, each with its headers; a file's content as text. */
type Form = Readonly<Record<string, { readonly head: string; readonly content: string }>>;
const forms: Form[] = [];

function readForm(contentType: string, bytes: Buffer): Form {
  const boundary = /^multipart\/form-data; boundary=(\S+)$/.exec(contentType)?.[1] ?? "none";
  const parts = bytes.toString("latin1").split(`--${boundary}`);
  return Object.fromEntries(
    parts.slice(1, -1).map((part) => {
      const [head = "", ...rest] = part.replace(/^\r\n/, "").replace(/\r\n$/, "").split("\r\n\r\n");
      return [/ name="([^"]*)"/.exec(head)?.[1] ?? "", { head, content: rest.join("\r\n\r\n") }];
    }),
  );
}

/** Speaks platform.openai.com/docs/api-reference/audio: multipart in, JSON out; JSON in, audio out. */
const service = startService(({ path, headers, bytes, body }) => {
  if (headers.authorization !== "Bearer the-token")
    return { status: 401, body: { error: { message: "Incorrect API key" } } };
  if (path === "/v1/audio/transcriptions") {
    forms.push(readForm(headers["content-type"] ?? "", bytes));
    return { body: { text: " Where is the rope? ", usage: { type: "duration", seconds: 2 } } };
  }
  if (path !== "/v1/audio/speech") return undefined;
  const { input } = JSON.parse(body) as { input: string };
  return { headers: { "content-type": "audio/mpeg" }, body: input === "nothing" ? "" : Buffer.from(`ID3${input}`) };
});
beforeEach(() => void forms.splice(0));

const saved: string[] = [];
const saveFile = async (
  stream: AsyncIterable<Uint8Array>,
  { name, mimeType = "" }: { readonly name: string; readonly mimeType?: string },
) => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  const content = Buffer.concat(chunks).toString();
  saved.push(content);
  return {
    kind: content.startsWith("ID3") ? ("audio" as const) : ("file" as const),
    name,
    mimeType,
    bytes: content.length,
    path: name,
  };
};
const speech = (change: object = {}) =>
  createSpeechTools({
    ...attached,
    services: [{ name: "voice", kind: "speech", url: `${service.origin()}/v1`, token: "the-token", ...change }],
    fetchService: service.fetchService,
    cleanText: String,
    saveFile,
  });
const listen = async (input: object, change?: object) =>
  (await speech(change)[0]!.run(input, createToolContext())).text;
const speak = (input: object, change?: object) => speech(change)[1]!.run(input, createToolContext());

const fixed = (body: string) =>
  createSpeechTools({
    ...attached,
    services: [{ name: "voice", kind: "speech", url: "https://example.org" }],
    fetchService: () => Promise.resolve({ status: 200, headers: {}, url: "", body: Buffer.from(body) }),
    cleanText: String,
    saveFile,
  });
testTool("transcribe_audio", {
  create: () => fixed(JSON.stringify({ text: "long ".repeat(10_000) }))[0]!,
  good: [{}, { file: "voice.ogg", language: "de" }],
  refused: [{ file: "cat.png" }, { file: "huge.ogg" }, { language: "DE" }],
});
testTool("speak", {
  create: () => fixed("ID3")[1]!,
  good: [{ text: "Hello" }],
  refused: [{ text: "x", service: "other" }],
});

const look: LookAtImage = ({ name, mimeType, bytes }, question) =>
  Promise.resolve(`${name} (${mimeType}, ${Buffer.from(bytes).toString()}): ${question}`);
testTool("look_at_image", {
  create: () => createLookAtImage({ ...attached, look: () => Promise.resolve("x".repeat(99_999)), cleanText: String }),
  good: [{ question: "What is it?" }, { question: "What?", file: "CAT.png" }],
  refused: [{ question: "What?", file: "voice.ogg" }],
});

describe("transcribe_audio", () => {
  it("sends the latest recording as a form, with its name, type and bytes", async () => {
    expect(await listen({})).toBe("Where is the rope?");
    const form = forms[0]!;
    expect(Object.keys(form)).toEqual(["file", "model", "response_format"]);
    expect(form["file"]).toMatchObject({
      content: "OggS-two",
      head: expect.stringContaining('filename="voice 2.ogg"\r\nContent-Type: audio/ogg'),
    });
    expect(form["model"]?.content).toBe("whisper-1");
  });

  it("sends the recording of a name, in a language, to the configured model", async () => {
    await listen({ file: "voice.ogg", language: "de" }, { listenModel: "whisper-large" });
    const form = forms[0]!;
    expect(["model", "language", "file"].map((name) => form[name]?.content)).toEqual([
      "whisper-large",
      "de",
      "OggS-one",
    ]);
  });

  it("sends nothing that is too large or of another conversation", async () => {
    await expect(listen({ file: "huge.ogg" })).rejects.toMatchObject({ code: "too-large" });
    const elsewhere = createToolContext({ conversation: "chat/other" });
    await expect(speech()[0]!.run({}, elsewhere)).rejects.toMatchObject({
      code: "not-found",
      hint: "Ask for it to be sent.",
    });
    expect(forms).toHaveLength(0);
  });

  it("says whose token to check", async () => {
    await expect(listen({}, { token: "wrong" })).rejects.toMatchObject({
      code: "unauthorised",
      hint: "Check services.voice.token.",
    });
  });
});

describe("speak", () => {
  it("makes a recording that goes out with the answer", async () => {
    const { attachments, isOutside } = await speak({ text: "Good morning" }, { voice: "nova" });
    expect(attachments).toEqual([
      { kind: "audio", name: "speech.mp3", mimeType: "audio/mpeg", bytes: 15, path: "speech.mp3" },
    ]);
    expect(saved.at(-1)).toBe("ID3Good morning");
    expect(isOutside).toBe(false);
    expect(JSON.parse(service.last().body)).toEqual({
      model: "tts-1",
      voice: "nova",
      input: "Good morning",
      response_format: "mp3",
    });
  });

  it("sends no recording that is none", async () => {
    await expect(speak({ text: "nothing" })).rejects.toMatchObject({ code: "tool-failed" });
  });
});

describe("look_at_image", () => {
  it("asks about the latest picture; the answer is text from outside", async () => {
    const tool = createLookAtImage({ ...attached, look, cleanText: String });
    expect(await tool.run({ question: "What is it?" }, createToolContext())).toEqual({
      text: "cat.png (image/png, PNG-cat): What is it?",
      isOutside: true,
    });
  });
});

describe("createLook", () => {
  const usage = { inputTokens: 10, outputTokens: 2, cachedTokens: 0 };
  const asked: ModelRequest[] = [];
  const scripted = (...events: readonly ModelEvent[]): Model => ({
    id: "scripted",
    contextTokens: 1000,
    async *stream(request) {
      asked.push(request);
      yield* await Promise.resolve(events);
    },
  });
  const cat = { name: "cat.png", mimeType: "image/png", bytes: Buffer.from("PNG-cat") };

  it("gives the model the picture as a file beside the question, and tells what it took", async () => {
    const spent: unknown[] = [];
    const done = { type: "done", usage, modelId: "scripted", costMicros: 5, stop: "end" } as const;
    const model = scripted(
      { type: "text", text: "A " },
      { type: "thought", text: "hm" },
      { type: "text", text: "cat." },
      done,
    );
    const ask = createLook({
      open: ({ conversation }) =>
        Promise.resolve({
          model,
          onSpend: (spend) => void spent.push(spend),
          close: () => Promise.resolve(void spent.push(`written for ${conversation}`)),
        }),
    });
    expect(await ask(cat, "What is it?", createToolContext())).toBe("A cat.");
    expect(asked.at(-1)?.messages).toEqual([
      {
        role: "user",
        content: [
          { type: "text", text: "What is it?" },
          { type: "file", mimeType: "image/png", name: "cat.png", base64: Buffer.from("PNG-cat").toString("base64") },
        ],
      },
    ]);
    expect(spent).toEqual([done, "written for chat/room"]);
  });

  it("passes on that it failed, not the provider's words", async () => {
    const model = scripted({
      type: "error",
      message: "key sk-1 is wrong",
      retryable: true,
      retryAfterMs: 7,
      reason: "unavailable",
    });
    let closed = 0;
    const ask = createLook({
      open: () =>
        Promise.resolve({ model, onSpend: () => undefined, close: () => Promise.resolve(void (closed += 1)) }),
    });
    await expect(ask(cat, "What?", createToolContext())).rejects.toMatchObject({
      code: "model-failed",
      message: expect.not.stringContaining("sk-1"),
      retryAfterMs: 7,
    });
    const aborted = createToolContext({ signal: AbortSignal.abort() });
    await expect(ask(cat, "What?", aborted)).rejects.toMatchObject({ code: "aborted" });
    expect(closed).toBe(2);
  });
});

describe("createMediaTools", () => {
  it("offers what can work: pictures with a model that sees, speech with a service", () => {
    const reach = {
      services: [] as never[],
      fetchService: service.fetchService,
      cleanText: String,
      attachments: attached.attachments,
    };
    const files = { save: saveFile, open: attached.openFile };
    const names = (options: object) => createMediaTools({ ...reach, files, ...options }).map(({ name }) => name);
    expect(names({})).toEqual([]);
    expect(names({ look })).toEqual(["look_at_image"]);
    expect(
      names({
        services: [
          { name: "v", kind: "speech", url: "https://example.org" },
          { name: "p", kind: "prometheus", url: "x" },
        ],
      }),
    ).toEqual(["transcribe_audio", "speak"]);
  });
});
