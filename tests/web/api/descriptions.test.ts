import { Validator } from "@seriousme/openapi-schema-validator";
import { AjvJsonSchemaValidator } from "@modelcontextprotocol/client/validators/ajv";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDeskPlace, type DeskPlace } from "./desk-place.ts";
import { addApproval, addDecision, addDraft, approvalOf, decisionOf, draftOf, threadOf } from "./desk-rows.ts";

type Json = Readonly<Record<string, unknown>>;
interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Json }>> };
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: Json }>> }>
  >;
}
interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
}

let place: DeskPlace;
let document: OpenApi;
beforeAll(async () => {
  place = await openDeskPlace();
  document = (await place.call("/openapi.json")).json() as OpenApi;
  await addDecision(place.store, decisionOf("aaa", { subject: "Report", deadline: "2026-03-06" }));
  await addDecision(place.store, decisionOf("bbb", { action: "escalate", tellsOwner: true }));
  await addDraft(place.store, draftOf("aaa"));
  await addDraft(place.store, draftOf("zzz", { snoozedUntil: Date.now() + 60_000 }));
  await addApproval(place.store, approvalOf("ppp"));
  await place.store.write(async ({ cdc }) => {
    await cdc.saveThread(threadOf("mail/chat-ccc"));
    const promise = { conversation: "mail/chat-ccc", person: "Ada", text: "I send it.", at: 5 };
    await cdc.addPromise({ id: "p1", madeBy: "owner", state: "open", due: "2026-03-06", ...promise });
    await cdc.addDigest({ id: "d1", name: "daily", slotAt: 5, text: "Nothing.", entries: 0, at: 5 }, []);
  });
});
afterAll(() => place.close());

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

/** What an independent validator says of a value by a schema of the document; "" where it fits. */
function judge(schema: Json, value: unknown): string {
  const { components } = document;
  const whole = JSON.parse(
    JSON.stringify({ ...schema, $defs: components.schemas }).replaceAll("#/components/schemas/", "#/$defs/"),
  ) as Json;
  const result = new AjvJsonSchemaValidator().getValidator(whole)(value);
  return result.valid ? "" : result.errorMessage;
}

const answerOf = (path: string, method: string) =>
  document.paths[path]?.[method]?.responses["200"]?.content["application/json"]?.schema ?? {};
const bodyOf = (path: string) => document.paths[path]?.["post"]?.requestBody?.content["application/json"]?.schema ?? {};

describe("/openapi.json", () => {
  it("is OpenAPI 3.1 by a validator that nobody here wrote", async () => {
    const result = await new Validator().validate(structuredClone(document) as unknown as Record<string, unknown>);
    expect(result).toMatchObject({ valid: true });
    const broken = { ...structuredClone(document), paths: { "/x": { get: { responses: 7 } } } };
    expect((await new Validator().validate(broken)).valid).toBe(false);
  });

  it("has every route of the server under /api and /v1, and no other", () => {
    const served = place.server.routes
      .filter(({ method, path }) => method !== "ALL" && /^\/(api|v1)\//.test(path))
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
    const described = operations().map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect(served.length).toBeGreaterThan(10);
    expect(described.toSorted()).toEqual(served.toSorted());
  });

  it("is OpenAPI 3.1: unique names, a parameter for each place in a path, no reference to nowhere", () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
    const names = operations().map(({ operation }) => operation.operationId);
    expect(new Set(names).size).toBe(names.length);
    for (const { path, operation } of operations()) {
      const places = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name);
      const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === "path");
      expect(inPath.map(({ name }) => name)).toEqual(places);
      expect(Object.keys(operation.responses)).toContain("200");
    }
    const text = JSON.stringify(document);
    const referred = new Set(Array.from(text.matchAll(/"#\/components\/schemas\/(\w+)"/g), ([, name]) => name));
    expect(referred).toEqual(new Set(Object.keys(document.components.schemas)));
    expect(text).not.toMatch(/"\$(schema|id|defs)"/);
  });

  it("says of what is answered what is answered", async () => {
    const get = async (path: string, at = path) => [path, judge(answerOf(path, "get"), (await place.call(at)).json())];
    expect(await get("/api/inbox")).toEqual(["/api/inbox", ""]);
    expect(await get("/api/drafts/{id}", "/api/drafts/aaa")).toEqual(["/api/drafts/{id}", ""]);
    expect(await get("/api/decisions")).toEqual(["/api/decisions", ""]);
    expect(await get("/api/decisions/{id}", "/api/decisions/bbb")).toEqual(["/api/decisions/{id}", ""]);
    expect(await get("/api/session")).toEqual(["/api/session", ""]);
    expect(await get("/v1/models")).toEqual(["/v1/models", ""]);
    const post = async (path: string, at: string, body: object) => {
      expect([path, judge(bodyOf(path), body)]).toEqual([path, ""]);
      const answer = await place.call(at, { body });
      expect(answer.status).toBe(200);
      return judge(answerOf(path, "post"), answer.json());
    };
    expect(await post("/api/decisions/{id}", "/api/decisions/bbb", { correction: "asks" })).toBe("");
    expect(await post("/api/approvals/{id}", "/api/approvals/ppp", { approved: false })).toBe("");
    expect(await post("/api/drafts/{id}", "/api/drafts/aaa", { kind: "edit", text: "Here." })).toBe("");
    const refused = await place.call("/api/drafts/aaa", { body: { kind: "reject" } });
    const problem = document.paths["/api/drafts/{id}"]?.["post"]?.responses["409"]?.content["application/json"]?.schema;
    expect([refused.status, judge(problem ?? {}, refused.json())]).toEqual([409, ""]);
  });

  it("would tell a wrong answer from a right one", () => {
    expect(judge(answerOf("/api/inbox", "get"), { seq: -1 })).not.toBe("");
    expect(judge(bodyOf("/api/drafts/{id}"), { kind: "send" })).not.toBe("");
    expect(judge(bodyOf("/api/approvals/{id}"), { approved: "yes" })).not.toBe("");
    expect(judge(bodyOf("/v1/chat/completions"), { messages: [] })).not.toBe("");
    expect(judge(bodyOf("/v1/chat/completions"), { messages: [{ role: "user", content: "Hello" }] })).toBe("");
  });
});

describe("/asyncapi.json", () => {
  it("has every kind of event, each with its payload", async () => {
    const events = (await place.call("/asyncapi.json")).json() as {
      readonly asyncapi: string;
      readonly channels: { readonly events: { readonly address: string; readonly messages: Json } };
      readonly operations: { readonly sendEvents: { readonly messages: readonly { readonly $ref: string }[] } };
      readonly components: { readonly messages: Json; readonly schemas: { readonly EventData: Json } };
    };
    expect(events.asyncapi).toBe("3.0.0");
    expect(events.channels.events.address).toBe("/api/events");
    const names = Object.keys(events.components.messages);
    expect(names).toEqual(expect.arrayContaining(["draft", "decision", "approval", "reset"]));
    expect(Object.keys(events.channels.events.messages)).toEqual(names);
    expect(events.operations.sendEvents.messages.map(({ $ref }) => $ref)).toEqual(
      names.map((name) => `#/channels/events/messages/${name}`),
    );
    const [event] = await place.store.cdc.events(0, 1);
    expect(judge(events.components.schemas.EventData, { ref: event?.ref, at: event?.at })).toBe("");
    expect(judge(events.components.schemas.EventData, { ref: 5 })).not.toBe("");
  });
});
