import { z } from "zod";
import { AppError } from "../../core/errors.ts";
import type { FileStore } from "../../core/channel.ts";
import type { Tool } from "../../core/tool.ts";
import { defineTool, words } from "../define.ts";
import { callJson, callService, findService, serviceField, toOutput, type Reach } from "../reach.ts";
import { readAttached, type AttachedOptions } from "./attached.ts";

export interface SpeechOptions extends Reach, AttachedOptions {
  readonly saveFile: FileStore["save"];
}

// platform.openai.com/docs/api-reference/audio; servers that speak it know these names, too
const defaults = { listenModel: "whisper-1", speakModel: "tts-1", voice: "alloy" };
const maxBytes = 25 * 1_048_576;

/** `options.services`: of kind "speech", such as https://api.openai.com/v1. */
export function createSpeechTools(options: SpeechOptions): readonly Tool[] {
  return [createTranscribe(options), createSpeak(options)];
}

function createTranscribe(options: SpeechOptions): Tool {
  return defineTool({
    name: "transcribe_audio",
    description: "Writes down what is said in a voice message or recording of this conversation.",
    input: z.strictObject({
      file: z.string().min(1).max(300).optional().describe("Its name; the latest recording when absent."),
      language: z
        .string()
        .regex(/^[a-z]{2}$/, 'must look like "en"')
        .min(2)
        .max(2)
        .optional()
        .describe("When it is known."),
      service: serviceField(options),
    }),
    effect: "read",
    keywords: [
      ...words("audio recording transcribe transcript transcription dictation voicemail"),
      ...words("sprachnachricht aufnahme transkribiere grabación registrazione"),
      "voice message",
      "voice note",
      "voice memo",
    ],
    timeoutMs: 180_000,
    maxOutputChars: 20_000,
    async run({ file: name, language, service: wanted }, context) {
      const service = findService(options, wanted);
      const {
        name: fileName,
        mimeType,
        bytes,
      } = await readAttached(options, context.conversation, { kind: "audio", name, maxBytes });
      const form = new FormData();
      form.set("file", new File([Buffer.from(bytes)], fileName, { type: mimeType }));
      form.set("model", service.listenModel ?? defaults.listenModel);
      form.set("response_format", "json");
      if (language !== undefined) form.set("language", language);
      const call = {
        path: "audio/transcriptions",
        method: "POST" as const,
        raw: await encodeForm(form),
        timeoutMs: 170_000,
      };
      const { text } = await callJson(options, service, { ...call, shape: z.object({ text: z.string() }) }, context);
      return toOutput(options, [text.trim() === "" ? "(Nothing is said in it.)" : text.trim()]);
    },
  });
}

function createSpeak(options: SpeechOptions): Tool {
  return defineTool({
    name: "speak",
    description: "Says a text aloud: makes a recording that goes out with your answer.",
    input: z.strictObject({
      text: z.string().min(1).max(4000).describe("Plain, as it is to be said."),
      service: serviceField(options),
    }),
    effect: "read",
    keywords: [
      ...words("aloud tts vorlesen sprachnachricht"),
      "as audio",
      "voice message",
      "read it to me",
      "read this to me",
    ],
    timeoutMs: 120_000,
    maxOutputChars: 300,
    async run({ text, service: wanted }, context) {
      const service = findService(options, wanted);
      const body = {
        model: service.speakModel ?? defaults.speakModel,
        voice: service.voice ?? defaults.voice,
        input: text,
        response_format: "mp3",
      };
      const call = {
        path: "audio/speech",
        method: "POST" as const,
        body,
        headers: { accept: "audio/*" },
        maxBytes,
        timeoutMs: 110_000,
      };
      const answer = await callService(options, service, call, context);
      if (answer.body.length === 0) throw new AppError("tool-failed", "The service made no recording.");
      const attachment = await options.saveFile(once(answer.body), { name: "speech.mp3", mimeType: "audio/mpeg" });
      if (attachment.kind !== "audio") throw new AppError("tool-failed", "What the service made is no recording.");
      return {
        text: `A recording of ${attachment.bytes} bytes was made.`,
        isOutside: false,
        attachments: [attachment],
      };
    },
  });
}

async function encodeForm(form: FormData): Promise<{ readonly bytes: Uint8Array; readonly type: string }> {
  const response = new Response(form);
  return { bytes: new Uint8Array(await response.arrayBuffer()), type: response.headers.get("content-type") ?? "" };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}
