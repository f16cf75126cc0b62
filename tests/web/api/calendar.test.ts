import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../../doubles/test-app.ts";

const token = "only-for-these-tests-1";
const authorization = `Bearer ${token}`;
let test: TestApp;
beforeAll(async () => {
  test = await startTestApp(
    `http: { port: 0, token: ${token} }\nowner: { timeZone: Europe/Berlin }\nchannels: { web: { platform: webchat } }\n`,
  );
  const common = { conversation: "mail/a", state: "open" as const, at: 5 };
  await test.app.store.write(async ({ cdc }) => {
    await cdc.addPromise({
      ...common,
      id: "p1",
      madeBy: "other",
      person: "Ada",
      due: "2027-03-06 12:00",
      text: "I bring cake.",
    });
    await cdc.addPromise({ ...common, id: "p2", madeBy: "owner", person: "you", text: "I pay." });
    await cdc.addPromise({ ...common, id: "p3", madeBy: "owner", person: "you", text: "Done long ago." });
    await cdc.settlePromise("p3", "kept");
  });
});
afterAll(() => test.close());

it("gives open promises to whoever is signed in, as a calendar", async () => {
  const { status, headers, text } = await test.call("/api/calendar.ics", { headers: { authorization } });
  expect([status, headers["content-type"]]).toEqual([200, "text/calendar; charset=utf-8"]);
  expect(headers["cache-control"]).toBe("no-store");
  expect(text).toMatch(/^BEGIN:VCALENDAR\r\n[^]*END:VCALENDAR\r\n$/);
  expect(text).toContain("DTSTART:20270306T110000Z");
  expect(text.match(/^UID:.*$/gm)?.map((line) => line.trim())).toEqual([
    "UID:promise-p1@parlance",
    "UID:promise-p2@parlance",
  ]);
  expect(test.errors).toEqual([]);
});

it("gives nothing to anybody else", async () => {
  const refused = await Promise.all([
    test.call("/api/calendar.ics"),
    test.call("/api/calendar.ics", { headers: { authorization: "Bearer another-token-entirely" } }),
    test.call("/api/calendar.ics", { headers: { authorization, origin: "https://example.org" } }),
  ]);
  expect(refused.map(({ status }) => status)).toEqual([401, 401, 403]);
  expect(refused.map(({ text }) => text).join("")).not.toContain("VCALENDAR");
});
