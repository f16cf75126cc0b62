import * as fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openDeskPlace, type DeskPlace } from "./desk-place.ts";
import { addApproval, addDecision, addDraft, approvalOf, decisionOf, draftOf } from "./desk-rows.ts";

const token = "a-long-enough-token";
const bearer = { authorization: `Bearer ${token}` };
let guarded: DeskPlace;
let open: DeskPlace;
beforeAll(async () => {
  guarded = await openDeskPlace({ token });
  open = await openDeskPlace();
  for (const { store } of [guarded, open]) {
    await addDraft(store, draftOf("aaa"));
    await addApproval(store, approvalOf("ppp"));
    await addDecision(store, decisionOf("ddd"));
  }
});
afterAll(async () => {
  expect([...guarded.errors, ...open.errors]).toEqual([]);
  await guarded.close();
  await open.close();
});

const reads = ["/api/inbox", "/api/drafts/aaa", "/api/decisions", "/api/decisions/ddd", "/api/events"];
const writes: readonly (readonly [string, object])[] = [
  ["/api/drafts/aaa", { kind: "approve" }],
  ["/api/approvals/ppp", { approved: true }],
  ["/api/decisions/ddd", { correction: "ignore" }],
];

async function expectUntouched({ store, settled, answered, corrected }: DeskPlace): Promise<void> {
  expect([settled, answered, corrected]).toEqual([[], [], []]);
  expect((await store.cdc.draft("aaa"))?.state).toBe("pending");
  expect((await store.approval("ppp"))?.state).toBe("pending");
  expect((await store.cdc.decision("ddd"))?.correction).toBeUndefined();
}

it("shows and does nothing without the token", async () => {
  for (const headers of [{}, { authorization: "Bearer wrong-but-long-enough" }, { cookie: "parlance_session=1.x" }]) {
    for (const path of reads) expect((await guarded.call(path, { headers })).status, path).toBe(401);
    for (const [path, body] of writes) {
      const answer = await guarded.call(path, { headers, body });
      expect([401, 429], path).toContain(answer.status);
      expect(answer.json()).toMatchObject({ error: expect.any(String) });
    }
  }
  await expectUntouched(guarded);
});

it("does nothing for another site, whatever it sends", async () => {
  for (const [path, body] of writes) {
    const from = (headers: Record<string, string>) => open.call(path, { headers, body });
    expect((await from({ origin: "https://evil.example.org" })).status).toBe(403);
    expect((await from({ origin: "null" })).status).toBe(403);
    expect((await from({ "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await from({ host: "evil.example.org" })).status).toBe(421);
    // What a form can send without asking first.
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
      expect((await from({ "content-type": type })).status, type).toBe(400);
  }
  for (const path of reads)
    expect((await open.call(path, { headers: { origin: "https://evil.example.org" } })).status, path).toBe(403);
  await expectUntouched(open);
});

it("reads no body without end, and nothing that is no JSON", async () => {
  for (const [path] of writes) {
    const send = (body: string, headers = {}) =>
      open.call(path, { method: "POST", body, headers: { "content-type": "application/json", ...headers } });
    expect((await send(JSON.stringify({ kind: "edit", text: "x".repeat(70_000) }))).status).toBe(413);
    for (const body of ["", "{", "null", '"approve"', "1", "\u0000"]) expect((await send(body)).status, body).toBe(400);
  }
  await expectUntouched(open);
});

it("never answers 500, whatever JSON is sent", async () => {
  const value = fc.oneof(
    fc.constantFrom<unknown>("approve", "edit", "reject", "snooze", "asks", "ignore", true, 9e15, -1, null, []),
    fc.jsonValue(),
  );
  const body = fc.oneof(
    fc.jsonValue(),
    fc.dictionary(fc.constantFrom("kind", "text", "until", "approved", "correction", "__proto__"), value),
  );
  const id = fc.oneof(fc.constantFrom("nothing", "__proto__", "%2e%2e", "%00"), fc.stringMatching(/^[a-z0-9]{1,70}$/));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom("drafts", "approvals", "decisions"), id, body, async (area, name, sent) => {
      const answer = await open.call(`/api/${area}/${name}`, {
        method: "POST",
        body: JSON.stringify(sent),
        headers: { "content-type": "application/json" },
      });
      expect([400, 404, 409]).toContain(answer.status);
      expect(answer.json()).toMatchObject({ error: expect.any(String) });
    }),
  );
  await expectUntouched(open);
});

it("keeps what it tells out of caches, and lets in whoever has the token", async () => {
  for (const path of reads.slice(0, 4)) {
    const answer = await guarded.call(path, { headers: bearer });
    expect([path, answer.status, answer.headers["cache-control"]]).toEqual([path, 200, "no-store"]);
    expect(answer.headers["x-content-type-options"]).toBe("nosniff");
  }
  for (const method of ["PUT", "DELETE", "PATCH"])
    expect((await guarded.call("/api/drafts/aaa", { method, headers: bearer })).status).toBe(404);
  const answer = await guarded.call("/api/drafts/aaa", { headers: bearer, body: { kind: "approve" } });
  expect(answer.status).toBe(200);
});
