import type { LanguageModelV4FinishReason, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { describe, expect, it } from "vitest";
import { createPartReader, type StreamPiece } from "../../src/models/stream.ts";

function read(parts: readonly LanguageModelV4StreamPart[]): readonly StreamPiece[] {
  const readPart = createPartReader({ stripsThinkTags: false, keepsThoughts: false });
  return parts.flatMap((part) => readPart(part));
}

function call(input: string): LanguageModelV4StreamPart {
  return { type: "tool-call", toolCallId: "c", toolName: "lookup", input };
}

function finish(unified: LanguageModelV4FinishReason["unified"], raw: string | undefined): LanguageModelV4StreamPart {
  const nothing = { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 };
  return {
    type: "finish",
    finishReason: { unified, raw },
    usage: { inputTokens: nothing, outputTokens: { total: 1, text: 1, reasoning: 0 } },
  };
}

const types = (pieces: readonly StreamPiece[]): string[] =>
  pieces.map((piece) => (piece.type === "end" ? piece.end.stop : piece.type));

describe("reading a stream's parts", () => {
  it.each([
    ['{"a":1}', { a: 1 }],
    ["", {}],
    ['{"a":', '{"a":'],
    ["[1]", "[1]"],
    ["null", "null"],
    ['"text"', '"text"'],
  ])("input %j becomes %j", (input, expected) => {
    expect(read([call(input), finish("tool-calls", "x")])).toMatchObject([
      { type: "toolCall", input: expected },
      { type: "end", end: { stop: "toolCalls" } },
    ]);
  });

  it("drops a call that the token limit cut off, and keeps the complete one", () => {
    expect(types(read([call('{"a":1}'), call('{"a":'), finish("length", "x")]))).toEqual(["toolCall", "length"]);
  });

  it.each([
    ["stop", "x", "end"],
    ["content-filter", "x", "filtered"],
    ["other", "odd word", "end"],
    ["other", undefined, "failure"],
    ["interrupted", undefined, "failure"],
    ["error", "x", "failure"],
  ] as const)("%s (%s) is %s", (unified, raw, expected) => {
    expect(types(read([finish(unified, raw)]))).toEqual([expected]);
  });

  it("calls it tool calls when there are some, whatever the server says", () => {
    expect(types(read([call("{}"), finish("stop", "x")]))).toEqual(["toolCall", "toolCalls"]);
  });

  it("leaves out what the provider ran itself", () => {
    expect(
      types(
        read([
          {
            type: "tool-call",
            toolCallId: "c",
            toolName: "web",
            input: "{}",
            providerExecuted: true,
          },
          finish("stop", "x"),
        ]),
      ),
    ).toEqual(["end"]);
  });

  it("gathers a thought's signature from wherever it comes", () => {
    const pieces = read([
      { type: "reasoning-start", id: "0", providerMetadata: { anthropic: { a: 1 } } },
      { type: "reasoning-delta", id: "0", delta: "think" },
      {
        type: "reasoning-delta",
        id: "0",
        delta: "",
        providerMetadata: { anthropic: { signature: "s" } },
      },
      { type: "reasoning-end", id: "0" },
      finish("stop", "x"),
    ]);
    expect(pieces).toMatchObject([
      { type: "thought", text: "think" },
      {
        type: "end",
        end: {
          thoughts: [{ text: "think", providerMetadata: { anthropic: { a: 1, signature: "s" } } }],
        },
      },
    ]);
  });
});
