import { describe, expect, it } from "vitest";
import { AppError } from "../../src/core/errors.ts";
import type { AliasConfig } from "../../src/models/alias.ts";
import { parseFailure, parseRetryAfter } from "../../src/models/failure.ts";
import { costMicros, pickContextTokens, pickPrice } from "../../src/models/prices.ts";

const alias: AliasConfig = {
  provider: "openai",
  model: "gpt-5.4",
  apiKey: "sk-0123456789",
  headers: { "x-key": "hidden-header" },
};
const now = Date.parse("2026-03-01T12:00:00Z");
const parse = (error: unknown, from: AliasConfig = alias): ReturnType<typeof parseFailure> =>
  parseFailure(error, "smart", from, now);

describe("a failure", () => {
  it.each([
    [{ statusCode: 401 }, "rejected", false, "models.aliases.smart.apiKey"],
    [{ statusCode: 403 }, "rejected", false, "models.aliases.smart.apiKey"],
    [{ statusCode: 404 }, "rejected", false, "models.aliases.smart.model"],
    [{ statusCode: 400, message: "bad field" }, "rejected", false, "bad field"],
    [{ statusCode: 400, message: "prompt is too long: 300000 tokens" }, "rejected", false, "Context too long"],
    [{ statusCode: 402 }, "rejected", false, "credit"],
    [
      { statusCode: 429, responseBody: '{"error":{"message":"x","code":"insufficient_quota"}}' },
      "rejected",
      false,
      "credit",
    ],
    [{ statusCode: 429 }, "unavailable", true, "slow down"],
    [{ statusCode: 408 }, "timeout", true, "too long"],
    [{ statusCode: 500 }, "unavailable", true, "500"],
    [{ statusCode: 503 }, "unavailable", true, "503"],
    [{ statusCode: 529 }, "unavailable", true, "529"],
    [{ statusCode: 307 }, "rejected", false, "baseUrl"],
    [{ type: "overloaded_error", message: "Overloaded" }, "unavailable", true, "not available"],
    [{ code: "context_length_exceeded", message: "x" }, "rejected", false, "Context too long"],
    [{ name: "AI_TypeValidationError", message: "zod" }, "garbled", true, "not a valid answer"],
    [Object.assign(new Error("x"), { cause: { code: "ENOTFOUND" } }), "unavailable", true, "ENOTFOUND"],
    [new TypeError("terminated"), "unavailable", true, "broke off"],
    ["just words", "unavailable", true, "broke off"],
    [undefined, "unavailable", true, "broke off"],
    [new AppError("package-missing", "Missing.", { hint: "Run: npm install x" }), "rejected", false, "npm install x"],
  ] as const)("%o", (error, reason, retryable, words) => {
    expect(parse(error)).toMatchObject({
      type: "error",
      reason,
      retryable,
      message: expect.stringContaining(words),
    });
  });

  it("holds no secret, no query and no essay", () => {
    const { message } = parse({
      statusCode: 400,
      message: `key sk-0123456789 header hidden-header at https://api.example.org/v1?token=abc ${"x".repeat(900)}`,
    });
    expect(message).not.toMatch(/sk-0123456789|hidden-header|token=abc/);
    expect(message).toContain("https://api.example.org/v1");
    expect(message.length).toBeLessThan(260);
  });

  it.each([
    [{ "retry-after": "7" }, 7_000],
    [{ "retry-after": "0.5" }, 500],
    [{ "retry-after-ms": "1500", "retry-after": "7" }, 1_500],
    [{ "retry-after": "Sun, 01 Mar 2026 12:00:30 GMT" }, 30_000],
    [{ "retry-after": "Sun, 01 Mar 2026 11:00:00 GMT" }, 0],
    [{ "retry-after": "999999999" }, 3_600_000],
    [{ "retry-after": "soon" }, undefined],
    [{ "retry-after": "" }, undefined],
    [undefined, undefined],
  ])("Retry-After %o is %s", (headers, wait) => {
    expect(parseRetryAfter(headers, now)).toBe(wait);
  });
});

describe("the price", () => {
  it.each([
    ["claude-sonnet-4-5", 3],
    ["claude-sonnet-4-5-20250929", 3],
    ["eu.anthropic.claude-sonnet-4-5-20250929-v1:0", 3],
    ["gpt-5-mini-2025-08-07", 0.25],
    ["gpt-5.9-unheard-of", undefined],
    ["constructor", undefined],
  ])("of %s is %s", (model, input) => {
    expect(pickPrice({ provider: "openai", model })?.input).toBe(input);
  });

  it("of servers on this machine is nothing, of others unknown", () => {
    const at = (baseUrl: string): number | undefined =>
      pickPrice({ provider: "openai-compatible", model: "m", baseUrl })?.input;
    expect(["http://127.0.0.1:1/v1", "http://localhost:1", "http://[::1]:1"].map(at)).toEqual([0, 0, 0]);
    expect(["http://10.0.0.1/v1", "https://127.0.0.1.example.org/v1"].map(at)).toEqual([undefined, undefined]);
    expect(pickPrice({ provider: "openai", model: "unheard-of", baseUrl: "http://127.0.0.1:1" })).toBeUndefined();
  });

  it("counts each token once", () => {
    expect(
      costMicros(
        { input: 10, output: 100, cached: 1, cacheWrite: 20 },
        { inputTokens: 100, cachedTokens: 30, cacheWriteTokens: 20, outputTokens: 5 },
      ),
    ).toBe(50 * 10 + 30 + 20 * 20 + 500);
  });

  it("comes with a guess at the room", () => {
    expect(pickContextTokens({ provider: "anthropic", model: "claude-sonnet-5-5" })).toBe(1_000_000);
    expect(pickContextTokens({ provider: "openai-compatible", model: "m" })).toBe(8_192);
    expect(pickContextTokens({ provider: "openai-compatible", model: "m", contextTokens: 7 })).toBe(7);
  });
});
