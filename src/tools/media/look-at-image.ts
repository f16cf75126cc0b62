import { z } from "zod";
import type { Tool, ToolContext } from "../../core/tool.ts";
import { defineTool, words } from "../define.ts";
import { readAttached, type AttachedFile, type AttachedOptions } from "./attached.ts";

/** Asks a model that can see, for whoever asks. Throws AppError when there is none, their budget is used up, or it fails. */
export type LookAtImage = (
  image: AttachedFile,
  question: string,
  asker: Pick<ToolContext, "conversation" | "sender" | "signal">,
) => Promise<string>;

export interface LookAtImageOptions extends AttachedOptions {
  readonly look: LookAtImage;
  readonly cleanText: (text: string) => string;
}

const maxBytes = 20 * 1_048_576;

export function createLookAtImage(options: LookAtImageOptions): Tool {
  return defineTool({
    name: "look_at_image",
    description: "Answers a question about a picture that came with a message of this conversation.",
    input: z.strictObject({
      question: z.string().min(1).max(1000).describe("What to look for; what is said there, word for word."),
      file: z.string().min(1).max(300).optional().describe("Its name; the latest picture when absent."),
    }),
    effect: "read",
    keywords: [
      ...words("image images pictures photo photos screenshot diagram"),
      ...words("bilder foto fotos bildschirmfoto imagen imágenes immagine"),
      "this picture",
      "the picture",
      "that picture",
      "das bild",
      "dem bild",
    ],
    timeoutMs: 120_000,
    maxOutputChars: 6000,
    async run({ question, file: name }, context) {
      const image = await readAttached(options, context.conversation, { kind: "image", name, maxBytes });
      const answer = options.cleanText(await options.look(image, question, context)).toWellFormed();
      // A picture can hold words that were put there for a model to read.
      return { text: answer.trim() === "" ? "(The model said nothing about it.)" : answer, isOutside: true };
    },
  });
}
