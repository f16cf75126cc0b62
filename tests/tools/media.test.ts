import { Readable } from "node:stream";
import { beforeEach, describe, expect, it } from "vitest";
import type { Attachment } from "../../src/core/message.ts";
import { createMediaTools } from "../../src/tools/media/index.ts";
import { createLookAtImage, type LookAtImage } from "../../src/tools/media/look-at-image.ts";
import { createSpeechTools } from "../../src/tools/media/speech.ts";
import { createToolContext, testTool } from "../contracts/tool.ts";
import { startService } from "./service-server.ts";

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

interface Form {
  readonly model: string;
  readonly language: string | null;
  readonly fileName: string;
  readonly type: string;
  readonly content: string;
}
const forms: Promise<Form>[] = [];

/** Any parser but ours: what a server would make of the request. */
async function readForm(contentType: string, bytes: Buffer): Promise<Form> {
  const form = await new Response(new Uint8Array(bytes), { headers: { "content-type": contentType } }).formData();
  const upload = form.get("file") as File;
  return {
    model: String(form.get("model")),
    language: form.get("language") as string | null,
    fileName: upload.name,
    type: upload.type,
    content: await upload.text(),
  };
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
    expect(await forms[0]).toEqual({
      model: "whisper-1",
      language: null,
      fileName: "voice 2.ogg",
      type: "audio/ogg",
      content: "OggS-two",
    });
  });

  it("sends the recording of a name, in a language, to the configured model", async () => {
    await listen({ file: "voice.ogg", language: "de" }, { listenModel: "whisper-large" });
    expect(await forms[0]).toMatchObject({ model: "whisper-large", language: "de", content: "OggS-one" });
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
