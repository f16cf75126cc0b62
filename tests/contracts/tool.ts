import { describe, expect, it } from "vitest";
import { checkInput } from "../../src/core/check-input.ts";
import { isAppError } from "../../src/core/errors.ts";
import { quoteInline } from "../../src/core/quote.ts";
import type { StoreTransaction } from "../../src/core/store.ts";
import type { Effect, Tool, ToolContext } from "../../src/core/tool.ts";

export interface ToolContract {
  /** A fresh tool, its world played by doubles. */
  readonly create: () => Tool;
  /** Inputs it carries out; at least one. */
  readonly good: readonly [unknown, ...unknown[]];
  /** Inputs its schema lets through and the tool itself refuses with an AppError. */
  readonly refused?: readonly unknown[];
  /** For tools that wait for something: one whose world never answers, and the input that makes it wait. */
  readonly waiting?: { readonly create: () => Tool; readonly input: unknown };
}

/** What a tool is called with in tests. */
export function createToolContext(change: Partial<ToolContext> = {}): ToolContext {
  return {
    conversation: "chat/room",
    address: { channel: "chat", chat: "room" },
    sender: { id: "chat:1", name: "Ada", isBot: false },
    turnId: "turn-1",
    idempotencyKey: "key-1",
    signal: new AbortController().signal,
    now: () => Date.UTC(2030, 0, 31, 12),
    ...change,
  };
}

/** Names of what is called on a transaction, with the arguments. */
export async function recordCommit(commit: (transaction: StoreTransaction) => Promise<void>) {
  const calls: { readonly name: string; readonly args: readonly unknown[] }[] = [];
  const transaction = new Proxy({} as StoreTransaction, {
    get:
      (_target, name) =>
      (...args: readonly unknown[]) => {
        calls.push({ name: String(name), args });
        return Promise.resolve(true);
      },
  });
  await commit(transaction);
  return calls;
}

/** The suite that every tool passes. */
export function testTool(name: string, contract: ToolContract): void {
  describe(`${name} as a tool`, () => {
    const tool = contract.create();

    it("has a name, a short description, limits and lower-case keywords", () => {
      expect(tool.name).toMatch(/^[a-z][a-z0-9_]{1,63}$/);
      expect(tool.description.length).toBeGreaterThan(10);
      expect(tool.description.length).toBeLessThan(400);
      expect(tool.timeoutMs).toBeGreaterThan(0);
      expect(tool.timeoutMs).toBeLessThanOrEqual(600_000);
      expect(tool.maxOutputChars).toBeGreaterThan(0);
      expect(tool.maxOutputChars).toBeLessThanOrEqual(100_000);
      for (const keyword of tool.keywords) expect(keyword).toBe(keyword.toLowerCase().trim());
      expect(new Set(tool.keywords).size).toBe(tool.keywords.length);
    });

    it("has a strict schema that is plain JSON, with every text, number and list bounded", () => {
      expect(structuredClone(tool.inputSchema)).toEqual(JSON.parse(JSON.stringify(tool.inputSchema)));
      expect(tool.inputSchema).toMatchObject({ type: "object" });
      expect(JSON.stringify(tool.inputSchema).length).toBeLessThan(4000);
      for (const [path, schema] of subschemas(tool.inputSchema, "input")) {
        if (schema["type"] === "object") expect(schema["additionalProperties"], path).toBe(false);
        if (schema["type"] === "string" && schema["enum"] === undefined)
          expect(schema["maxLength"], path).toBeTypeOf("number");
        if (schema["type"] === "array") expect(schema["maxItems"], path).toBeTypeOf("number");
        if (schema["type"] === "integer" || schema["type"] === "number")
          expect(schema["maximum"], path).toBeTypeOf("number");
      }
    });

    it("answers bad input with an AppError that says what is wrong", async () => {
      const [good] = contract.good;
      const extra = { ...(good as object), no_such_field: 1 };
      const required = (tool.inputSchema["required"] as readonly string[] | undefined) ?? [];
      const missing = required.map((field) =>
        Object.fromEntries(Object.entries(good as object).filter(([key]) => key !== field)),
      );
      for (const input of [undefined, null, "text", [], extra, ...missing]) {
        expect(checkInput(tool.inputSchema, input)).toMatch(/\w/);
        expect(await failure(tool, input)).toMatchObject({
          code: "bad-input",
          message: expect.stringMatching(/\w/),
        });
      }
      for (const input of contract.refused ?? []) {
        expect(checkInput(tool.inputSchema, input)).toBeUndefined();
        expect(isAppError(await failure(tool, input))).toBe(true);
      }
    });

    it("carries out good input within its output limit, and does what its effect says and no more", async () => {
      for (const input of contract.good) {
        expect(checkInput(tool.inputSchema, input)).toBeUndefined();
        const output = await contract.create().run(input, createToolContext());
        expect(output.text).not.toBe("");
        expect(output.text.length).toBeLessThanOrEqual(tool.maxOutputChars);
        expect(output.text.isWellFormed()).toBe(true);
        const calls = output.commit === undefined ? [] : await recordCommit(output.commit);
        for (const call of calls) expect(permittedIn(call.name), call.name).toContain(tool.effect);
      }
    });

    it("describes the same input in the same words, and all of its texts", () => {
      for (const input of contract.good) {
        const card = tool.describe?.(input);
        expect(tool.describe?.(input)).toBe(card);
        if (card === undefined) continue;
        for (const value of Object.values(input as object))
          if (typeof value === "string")
            expect(card.includes(value) || card.includes(quoteInline(value)), value).toBe(true);
      }
    });

    it("does nothing once it is stopped", async () => {
      const error = await failure(tool, contract.good[0], AbortSignal.abort());
      expect(error).toMatchObject({ code: "aborted" });
    });

    if (contract.waiting !== undefined) {
      const { create, input } = contract.waiting;
      it("stops waiting when it is stopped", async () => {
        const controller = new AbortController();
        const pending = failure(create(), input, controller.signal);
        setTimeout(() => controller.abort(), 10);
        expect(await pending).toMatchObject({ code: "aborted" });
      });
    }
  });
}

/** The effects whose tools may call this on a transaction. */
function permittedIn(method: string): readonly Effect[] {
  return method === "addOutbox" ? ["send", "execute", "destroy"] : ["write", "send", "execute", "destroy"];
}

async function failure(tool: Tool, input: unknown, signal = new AbortController().signal): Promise<unknown> {
  try {
    await tool.run(input, createToolContext({ signal }));
  } catch (error) {
    return error;
  }
  throw new Error(`${tool.name} did not refuse ${JSON.stringify(input)}`);
}

type Schema = Readonly<Record<string, unknown>>;

function subschemas(schema: Schema, path: string): readonly (readonly [string, Schema])[] {
  const properties = Object.entries((schema["properties"] ?? {}) as Record<string, Schema>);
  const items = schema["items"] as Schema | undefined;
  const choices = (schema["anyOf"] ?? []) as readonly Schema[];
  return [
    [path, schema],
    ...properties.flatMap(([key, inner]) => subschemas(inner, `${path}.${key}`)),
    ...(items === undefined ? [] : subschemas(items, `${path}[]`)),
    ...choices.flatMap((inner) => subschemas(inner, path)),
  ];
}
