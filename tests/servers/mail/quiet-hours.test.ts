import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { createFakeOpenAi, type FakeOpenAi } from "../../doubles/fake-openai.ts";
import { startTestApp, type TestApp } from "../../doubles/test-app.ts";
import { accountOptions, createPerson, freshAddress } from "./person.ts";
import { startMailServers, type MailServers } from "./start.ts";

/*
 * The whole service on a real Dovecot and OpenSMTPD in the nights in which the clocks change. Only its clock is ours: it
 * runs, and is put forward.
 */

const patience = { timeout: 20_000 };
let servers: MailServers;
let model: FakeOpenAi;
let app: TestApp | undefined;
beforeAll(async () => {
  servers = await startMailServers();
  model = await createFakeOpenAi();
  model.set({ mode: "text", text: "I will send the report today." });
});
afterEach(async () => {
  await app?.close();
  app = undefined;
});
afterAll(async () => {
  await model?.close();
  await servers?.stop();
});

it.each([
  // Both begin at half past midnight on the wall in Berlin; a night that forgets the change ends an hour beside.
  { night: "back", asked: "2026-10-24T22:30:00Z", ends: "2026-10-25T06:00:00Z" },
  { night: "forward", asked: "2027-03-27T23:30:00Z", ends: "2027-03-28T05:00:00Z" },
])("answers at seven on the wall, not before, when the clocks go $night", async ({ asked, ends }) => {
  let ahead = Date.parse(asked) - Date.now();
  const now = () => Date.now() + ahead;
  const address = freshAddress("owner");
  const owner = createPerson(servers, address);
  await owner.create("Sent");
  const ada = createPerson(servers, freshAddress("ada"));
  const reply = { action: "auto", quietHours: "22:00-07:00" };
  app = await startTestApp(
    JSON.stringify({
      http: { port: 0 },
      owner: { name: "Grace", timeZone: "Europe/Berlin" },
      models: {
        default: "m",
        aliases: { m: { provider: "openai-compatible", model: "fake", baseUrl: model.url } },
      },
      channels: {
        mail: { platform: "email", mode: "open", access: "open", reply, ...accountOptions(servers, address) },
      },
    }),
    { now },
  );
  const { store } = app.app;
  await expect.poll(() => store.channelState("mail", "cursor:INBOX"), patience).toBeDefined();

  await ada.send({ to: address, subject: "The report", text: "Could you send me the report?" });
  await expect.poll(() => store.cdc.waitingFollowUps(5), patience).toHaveLength(1);
  const [planned] = await store.cdc.waitingFollowUps(5);
  const late = (planned?.dueAt ?? 0) - Date.parse(ends);
  // Whole minutes are counted from the one in which it was asked.
  expect(Math.abs(late)).toBeLessThanOrEqual(60_000);

  ahead += Date.parse(ends) - 5 * 60_000 - now();
  await pause(4_000);
  expect(await ada.read().catch(() => [])).toEqual([]);

  ahead += Date.parse(ends) + 60_000 - now();
  const [mail] = await ada.waitFor(1);
  expect(mail?.subject).toBe("Re: The report");
  expect(mail?.text).toContain("I will send the report today.");
  await pause(2_000);
  expect(await ada.read()).toHaveLength(1);
  expect(app.errors).toEqual([]);
});
