import { createHmac } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hookSecret, startService, type Service } from "./workflow-place.ts";

const hooked = `name: hooked
description: d
group: development
inputs: { title: { type: text } }
trigger: { webhook: { verify: github, secret: "\${HOOK_SECRET}", when: trigger.action == "opened", inputs: { title: "{{ trigger.title }}" } } }
steps: [{ id: rest, wait: 1h }]
`;
let service: Service;
beforeAll(async () => {
  service = await startService({ hooked });
});
afterAll(async () => {
  expect(service.errors).toEqual([]);
  await service.close();
});

const sign = (body: string, key = hookSecret) => ({
  "x-hub-signature-256": `sha256=${createHmac("sha256", key).update(body).digest("hex")}`,
  "content-type": "application/json",
});
const deliver = (name: string, body: string, headers: Record<string, string> = sign(body)) =>
  service.call(`/hooks/workflows/${name}`, { method: "POST", body, headers });
const runs = () => service.app.store.workflows.runs({}, 99);
const bodyOf = (title: unknown, action = "opened") => JSON.stringify({ action, title });

describe("POST /hooks/workflows/<name>", () => {
  it("begins a run, and answers the same delivery again without another", async () => {
    const first = await deliver("hooked", bodyOf("one"));
    expect(first.status).toBe(202);
    const { run } = first.json() as { run: string };
    expect(await service.app.store.workflows.run(run)).toMatchObject({ workflow: "hooked", inputs: { title: "one" } });
    const again = await deliver("hooked", bodyOf("one"));
    expect([again.status, again.json()]).toEqual([200, { status: "known" }]);
    expect(await runs()).toHaveLength(1);
    const other = await deliver("hooked", bodyOf("one", "closed"));
    expect([other.status, other.json()]).toEqual([200, { status: "ignored" }]);
  });

  it("answers all that it refuses alike, whatever is wrong with it", async () => {
    const before = (await runs()).length;
    const body = bodyOf("two");
    const answers = [
      await deliver("hooked", body, {}),
      await deliver("hooked", body, sign(body, "a wrong one")),
      await deliver("hooked", `${body} `, sign(body)),
      await deliver("nobody", body),
      await deliver("..%2fhooked", body),
      await deliver("%00", body),
      await deliver("hooked", "{", sign("}")),
    ];
    const shown = answers.map(({ status, text, headers }) => [status, text, headers["content-type"]]);
    expect(new Set(shown.map((each) => JSON.stringify(each))).size).toBe(1);
    expect(shown[0]?.[0]).toBe(401);
    expect(await runs()).toHaveLength(before);
  });

  it("reads no more than 256 KB, and takes as much", async () => {
    const large = bodyOf("x".repeat(256 * 1024 - 40));
    expect(large.length).toBeLessThan(256 * 1024);
    expect((await deliver("hooked", large)).status).toBe(202);
    expect((await deliver("hooked", `${large}${" ".repeat(1_000)}`)).status).toBe(413);
    // What is announced as too large is not waited for.
    const headers = { "content-length": "300000" };
    const announced = await service.call("/hooks/workflows/hooked", { method: "POST", headers, withoutBody: true });
    expect(announced.status).toBe(413);
    // And what is not announced is not taken either.
    const body = new Blob(["x".repeat(300_000)]).stream();
    const url = `http://127.0.0.1:${service.app.port}/hooks/workflows/hooked`;
    expect((await fetch(url, { method: "POST", body, duplex: "half" })).status).toBe(413);
  });

  it("says in plain words what does not fit", async () => {
    const answer = await deliver("hooked", bodyOf({ not: "a text" }));
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ error: expect.stringContaining('The input "title" must be a text') });
  });

  it("is nothing but that: no other method, no sign-in needed or taken", async () => {
    expect((await service.call("/hooks/workflows/hooked")).status).toBe(404);
    expect((await service.call("/hooks/workflows/hooked", { method: "PUT", body: "x" })).status).toBe(404);
    const platform = await deliver("hooked", bodyOf("elsewhere"), {
      ...sign(bodyOf("elsewhere")),
      host: "hooks.example.org",
      origin: "https://github.example.org",
    });
    expect(platform.status).toBe(202);
  });

  it("never answers 500, and begins nothing, whatever is sent without a proof", async () => {
    const before = (await runs()).length;
    const header = fc.constantFrom("x-hub-signature-256", "stripe-signature", "authorization", "webhook-signature");
    await fc.assert(
      fc.asyncProperty(
        fc.stringMatching(/^[a-z0-9-]{1,20}$/),
        fc.uint8Array({ maxLength: 200 }),
        fc.dictionary(header, fc.stringMatching(/^[ -~]{0,40}$/)),
        async (name, body, headers) => {
          const answer = await service.call(`/hooks/workflows/${name}`, { method: "POST", body, headers });
          expect([400, 401]).toContain(answer.status);
        },
      ),
      { numRuns: 60 },
    );
    expect(await runs()).toHaveLength(before);
  });
});
