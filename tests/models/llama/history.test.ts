import { describe, expect, it } from "vitest";
import type { ModelRequest } from "../../../src/core/model.ts";
import { formatHistory, formatRun } from "../../../src/models/llama/history.ts";
import { lookupTool, pingRequest, toolRound } from "../../contracts/model.ts";

const alias = { provider: "llama", model: "m" } as const;
const request = (messages: ModelRequest["messages"]): ModelRequest => ({ system: "S", messages, tools: [] });

describe("a request as the engine takes it", () => {
  it("joins the steps of a turn, calls with their results, into one turn of the model", () => {
    expect(
      formatHistory(
        request([
          { role: "user", content: [{ type: "text", text: "tea?" }] },
          ...toolRound,
          {
            role: "assistant",
            content: [
              { type: "text", text: "Once more." },
              {
                type: "toolCall",
                id: "2",
                name: "lookup",
                input: {},
                providerMetadata: { llama: { raw: ["own words"] } },
              },
              { type: "toolCall", id: "3", name: "lookup", input: {} },
            ],
          },
          { role: "tool", content: [{ type: "toolResult", id: "2", name: "lookup", output: "No.", isError: true }] },
        ]),
      ),
    ).toEqual([
      { type: "system", text: "S" },
      { type: "user", text: "tea?" },
      {
        type: "model",
        response: [
          {
            type: "functionCall",
            name: "lookup",
            params: { query: "tea" },
            result: "Tea is hot.",
            startsNewChunk: true,
          },
          "Once more.",
          {
            type: "functionCall",
            name: "lookup",
            params: {},
            result: "Error: No.",
            startsNewChunk: true,
            rawCall: ["own words"],
          },
          { type: "functionCall", name: "lookup", params: {}, result: "No result." },
        ],
      },
    ]);
  });

  it("gives own thoughts back within their turn only, and others' never", () => {
    const own = { type: "thought", text: "hm", providerMetadata: { llama: {} } } as const;
    const others = { type: "thought", text: "ha", providerMetadata: { anthropic: {} } } as const;
    const step = { role: "assistant", content: [own, others, { type: "text", text: "So." }] } as const;
    const asked = { role: "user", content: [{ type: "text", text: "?" }] } as const;
    expect(formatHistory(request([asked, step])).at(-1)).toEqual({
      type: "model",
      response: [{ type: "segment", segmentType: "thought", text: "hm", ended: true }, "So."],
    });
    expect(formatHistory(request([asked, step, asked]))[2]).toEqual({ type: "model", response: ["So."] });
  });

  it("reads files that are text, and names others", () => {
    const file = (mimeType: string) =>
      ({ type: "file", name: "f", mimeType, base64: Buffer.from("inside").toString("base64") }) as const;
    expect(
      formatHistory(
        request([{ role: "user", content: [file("text/plain"), file("image/png"), { type: "text", text: "!" }] }]),
      )[1],
    ).toEqual({ type: "user", text: "File f:\ninside\n\n[File f (image/png): this model cannot read it]\n\n!" });
  });

  it("prefers the request's settings to the alias's, and a schema to tools", () => {
    expect(formatRun(pingRequest, alias)).toMatchObject({ temperature: 0.7 });
    expect(formatRun(pingRequest, { ...alias, temperature: 0.2, maxTokens: 9 })).toMatchObject({
      temperature: 0.2,
      maxTokens: 9,
    });
    expect(
      formatRun({ ...pingRequest, temperature: 0, maxTokens: 5 }, { ...alias, temperature: 1, maxTokens: 9 }),
    ).toMatchObject({
      temperature: 0,
      maxTokens: 5,
    });
    const both = formatRun({ ...pingRequest, tools: [lookupTool], jsonSchema: { type: "object" } }, alias);
    expect(both).toHaveProperty("grammar");
    expect(both).not.toHaveProperty("functions");
    expect(both.temperature).toBe(0);
    expect(formatRun({ ...pingRequest, tools: [lookupTool] }, alias).functions).toEqual({
      lookup: {
        description: "Looks something up.",
        params: { type: "object", properties: { query: { type: "string" } }, additionalProperties: false },
      },
    });
  });
});
