import { randomBytes } from "node:crypto";
import type { ContentPart, ModelEvent, ModelRequest } from "../../core/model.ts";
import { createThinkSplitter } from "../think-tags.ts";
import type { Saying } from "./protocol.ts";
import { dropNulls } from "./schema.ts";

type Thought = Extract<ContentPart, { type: "thought" }>;
type Said = Extract<ModelEvent, { type: "text" | "thought" | "toolCall" }>;

/** What a process said, as a model's events. */
export interface AnswerReader {
  read(saying: Saying): readonly Said[];
  /** What was kept back. `isCut`: the answer ended at its limit. */
  end(isCut: boolean): readonly Said[];
  /** Marked as ours, so that they come back with the turn's next request. */
  readonly thoughts: readonly Thought[];
  readonly hasCalls: boolean;
}

/** One answer to this request. An object of a schema comes whole, because only then can its empty fields be taken out. */
export function createAnswerReader({ tools, jsonSchema }: ModelRequest): AnswerReader {
  const splitter = createThinkSplitter();
  let object = "";
  let thought = "";
  let hasText = false;
  let hasCalls = false;

  /** Layout between a thought and the answer is not the answer's. */
  function trim(piece: Said): readonly Said[] {
    if (piece.type !== "text" || hasText) return [piece];
    const text = piece.text.trimStart();
    hasText = text !== "";
    return hasText ? [{ type: "text", text }] : [];
  }

  return {
    read(saying) {
      if (saying.type === "call") {
        hasCalls = true;
        const schema = tools.find(({ name }) => name === saying.name)?.inputSchema ?? {};
        return [
          ...splitter.end().flatMap(trim),
          {
            type: "toolCall",
            id: `call_${randomBytes(9).toString("base64url")}`,
            name: saying.name,
            input: dropNulls(schema, saying.input),
            providerMetadata: { llama: { raw: saying.raw } },
          },
        ];
      }
      if (saying.type === "thought") {
        thought += saying.text;
        return [saying];
      }
      if (jsonSchema === undefined) return splitter.push(saying.text).flatMap(trim);
      object += saying.text;
      return [];
    },
    end(isCut) {
      if (jsonSchema === undefined) return splitter.end().flatMap(trim);
      const text = isCut ? object : formatObject(jsonSchema, object);
      return text === "" ? [] : [{ type: "text", text }];
    },
    get thoughts(): readonly Thought[] {
      return thought === "" ? [] : [{ type: "thought", text: thought, providerMetadata: { llama: {} } }];
    },
    get hasCalls() {
      return hasCalls;
    },
  };
}

function formatObject(schema: Readonly<Record<string, unknown>>, text: string): string {
  try {
    return JSON.stringify(dropNulls(schema, JSON.parse(text)));
  } catch {
    return text;
  }
}
