import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRecordingSink } from "../../doubles/channel-context.ts";
import { sign, signingSecret, toCall } from "./harness.ts";
import { createWorkspaces } from "./workspace.ts";

const http = { options: { appToken: undefined, signingSecret } };
const form = "application/x-www-form-urlencoded";

describe("Slack's calls", () => {
  const { run, create, fakeSlack } = createWorkspaces();

  it("answers the question for the address, started or not, only where it is signed", async () => {
    const { channel } = create(await fakeSlack(), http);
    const body = JSON.stringify({ type: "url_verification", token: "legacy", challenge: "3eZbrw1a" });
    const answer = await channel.webhook?.(sign(body, "application/json"));
    expect(answer?.status).toBe(200);
    expect(await answer?.json()).toEqual({ challenge: "3eZbrw1a" });
    expect(
      (await channel.webhook?.(sign(body, "application/json", { secret: "not-the-secret-of-ours" })))?.status,
    ).toBe(401);
  });

  it("takes nothing in before it is started, or that cannot be stored", async () => {
    const fake = await fakeSlack();
    const { event } = fake.write({ text: "one" });
    const call = (): Request => toCall({ type: "events_api", payload: fake.wrap(event) });
    expect((await create(fake, http).channel.webhook?.(call()))?.status).toBe(503);
    const sink = createRecordingSink();
    const { channel } = await run({ fake, sink, ...http });
    // It may be tried by the history as well.
    sink.failNext(10);
    expect((await channel.webhook?.(call()))?.status).toBe(500);
    sink.failNext(0);
    expect((await channel.webhook?.(call()))?.status).toBe(200);
    expect(sink.messages).toHaveLength(1);
    expect(sink.messages[0]?.text).toBe("one");
  });

  it.each([-301, 301])("refuses what was signed %i s from now", async (offset) => {
    const { channel } = await run(http);
    const at = Math.floor(Date.now() / 1_000) + offset;
    expect((await channel.webhook?.(sign("{}", "application/json", { at })))?.status).toBe(401);
  });

  it("refuses a signature of other bytes, an odd one, and other methods", async () => {
    const { channel } = await run(http);
    const signed = sign('{"type":"x"}', "application/json");
    const headers = Object.fromEntries(signed.headers);
    const send = async (body: string, more: object): Promise<number | undefined> =>
      (await channel.webhook?.(new Request(signed.url, { method: "POST", body, headers: { ...headers, ...more } })))
        ?.status;
    expect(await send('{"type":"y"}', {})).toBe(401);
    expect(await send('{"type":"x"}', { "x-slack-signature": "v0=zz" })).toBe(401);
    expect(await send('{"type":"x"}', { "x-slack-request-timestamp": "now" })).toBe(401);
    expect((await channel.webhook?.(new Request(signed.url)))?.status).toBe(405);
  });

  it("answers a slash command in its call", async () => {
    const { channel, sink } = await run(http);
    const payload = { command: "/parlance", text: "help", user_id: "U0ADA", channel_id: "D0ADA", trigger_id: "1.2" };
    const answer = await channel.webhook?.(toCall({ type: "slash_commands", payload }));
    expect(await answer?.json()).toEqual({ response_type: "in_channel" });
    expect(sink.messages[0]?.text).toBe("/help");
  });

  it("has no webhook without a signing secret", async () => {
    expect(create(await fakeSlack()).channel.webhook).toBeUndefined();
  });

  it("outlives every signed body", async () => {
    const { channel, sink } = await run(http);
    const json = fc.oneof(
      fc.json(),
      fc
        .record({ type: fc.constant("event_callback"), event: fc.object(), authorizations: fc.anything() })
        .map((each) => JSON.stringify(each)),
      fc.string(),
    );
    const call = fc.oneof(
      json.map((body) => ({ body, type: "application/json" })),
      json.map((body) => ({ body: new URLSearchParams({ payload: body }).toString(), type: form })),
      fc.string().map((body) => ({ body, type: form })),
    );
    await fc.assert(
      fc.asyncProperty(call, async ({ body, type }) => {
        const answer = await channel.webhook?.(sign(body, type));
        expect([200, 400]).toContain(answer?.status);
      }),
    );
    expect(sink.messages).toEqual([]);
  });
});
