import { beforeEach, describe, expect, it } from "vitest";
import { createPagerdutyTools } from "../../../src/tools/operations/pagerduty.ts";
import { createToolContext, testTool } from "../../contracts/tool.ts";
import { startService } from "../local-server.ts";

let status = "triggered";
const incident = () => ({
  id: "PT4KHLK",
  type: "incident",
  summary: "[#1234] The server is on fire.",
  html_url: "https://example.pagerduty.com/incidents/PT4KHLK",
  incident_number: 1234,
  created_at: "2030-01-31T10:00:00Z",
  status,
  title: "The server is on fire.",
  urgency: "high",
  service: { id: "PIJ90N7", type: "service_reference", summary: "Mail" },
  assignments: [{ at: "2030-01-31T10:00:01Z", assignee: { id: "PX", type: "user_reference", summary: "Grace" } }],
});

/** As developer.pagerduty.com/api-reference shows them; events with one dedup_key are one alert, as there. */
const events = new Map<string, object>();
const service = startService(({ method, path, headers, body }) => {
  if (path === "/v2/enqueue") {
    const event = JSON.parse(body) as { routing_key: string; dedup_key: string };
    if (event.routing_key !== "routing-key")
      return {
        status: 400,
        body: { status: "invalid event", message: "Event object is invalid", errors: ["routing_key"] },
      };
    events.set(event.dedup_key, event);
    return { status: 202, body: { status: "success", message: "Event processed", dedup_key: event.dedup_key } };
  }
  if (headers.authorization !== "Token token=rest-token")
    return { status: 401, body: { error: "rest-token is wrong" } };
  if (path === "/incidents")
    return { body: { incidents: status === "resolved" ? [] : [incident()], limit: 25, offset: 0, more: true } };
  if (path === "/incidents/PT4KHLK/notes")
    return {
      body: {
        notes: [
          { id: "N", content: "Water\nis coming", created_at: "2030-01-31T10:05:00Z", user: { summary: "Grace" } },
        ],
      },
    };
  if (path !== "/incidents/PT4KHLK") return undefined;
  if (method === "PUT") status = (JSON.parse(body) as { incident: { status: string } }).incident.status;
  return { body: { incident: incident() } };
});
beforeEach(() => {
  status = "triggered";
  events.clear();
  service.seen.length = 0;
});

const services = (token = "rest-token") => [
  { name: "duty", kind: "pagerduty", url: service.origin(), token, user: "ada@example.org" },
  { name: "page", kind: "pagerduty", url: `${service.origin()}/v2/enqueue`, token: "routing-key" },
];
const tools = (given = services()) =>
  createPagerdutyTools({ services: given, fetchService: service.fetchService, cleanText: String });
const run = async (index: number, input: object, key = "key-1") =>
  (await tools()[index]!.run(input, createToolContext({ idempotencyKey: key }))).text;

const fixed = (body: object) =>
  createPagerdutyTools({
    services: [
      { name: "duty", kind: "pagerduty", url: "https://example.org", token: "t" },
      { name: "page", kind: "pagerduty", url: "https://example.org/v2/enqueue", token: "t" },
    ],
    fetchService: () => Promise.resolve({ status: 200, headers: {}, url: "", body: Buffer.from(JSON.stringify(body)) }),
    cleanText: String,
  });
testTool("pagerduty_incidents", {
  create: () => fixed({ incidents: [], incident: incident(), notes: [] })[0]!,
  good: [{}, { id: "PT4KHLK" }, { resolved: true }],
  refused: [{ service: "page" }],
});
testTool("pagerduty_update", {
  create: () => fixed({ incident: incident() })[1]!,
  good: [{ id: "PT4KHLK", title: "The server is on fire.", status: "acknowledged" }],
  refused: [{ id: "PT4KHLK", title: "Another one", status: "resolved" }],
});
testTool("pagerduty_trigger", {
  create: () => fixed({ status: "success" })[2]!,
  good: [{ summary: "db_1 is *down*", severity: "critical", source: "db_1", details: "three\nlines" }],
  refused: [{ summary: "x", severity: "info", source: "y", service: "duty" }],
});

describe("PagerDuty's tools", () => {
  it("are those that the configured services are for", () => {
    const names = (given: ReturnType<typeof services>) => tools(given).map(({ name }) => name);
    expect(names(services().slice(0, 1))).toEqual(["pagerduty_incidents", "pagerduty_update"]);
    expect(names(services().slice(1))).toEqual(["pagerduty_trigger"]);
  });

  it("list what is open, and show one with its notes", async () => {
    const line = "PT4KHLK [triggered; high; Mail; for Grace] since 2030-01-31 10:00 UTC: The server is on fire.";
    expect(await run(0, {})).toBe(`${line}\n[there are more]`);
    expect(service.last().query.getAll("statuses[]")).toEqual(["triggered", "acknowledged"]);
    expect(await run(0, { id: "PT4KHLK" })).toBe(`${line}\n[2030-01-31 10:05 UTC] Grace: Water\nis coming`);
  });

  it("acknowledge and resolve in the name of the configured user, once", async () => {
    const input = { id: "PT4KHLK", title: "The server is on fire.", status: "acknowledged" };
    expect(await run(1, input)).toBe("The incident is acknowledged now.");
    expect(service.last()).toMatchObject({
      method: "PUT",
      headers: { from: "ada@example.org", accept: "application/vnd.pagerduty+json;version=2" },
      body: '{"incident":{"type":"incident_reference","status":"acknowledged"}}',
    });
    expect(await run(1, input)).toContain("already");
    expect(service.seen.filter(({ method }) => method === "PUT")).toHaveLength(1);
    await run(1, { ...input, status: "resolved" });
    expect(await run(1, input)).toBe("It is resolved already; nothing was changed.");
    expect(status).toBe("resolved");
  });

  it("change no incident but the one whose title was shown", async () => {
    const tool = tools()[1]!;
    await expect(run(1, { id: "PT4KHLK", title: "Something harmless", status: "resolved" })).rejects.toMatchObject({
      code: "conflict",
    });
    expect(service.seen.filter(({ method }) => method === "PUT")).toHaveLength(0);
    expect(tool.describe?.({ id: "PT4KHLK", title: "x", status: "resolved" })).toBe(
      "Set this incident to resolved:\n\n```\nPT4KHLK: x\n```",
    );
    await expect(run(0, { id: "../users" })).rejects.toMatchObject({ code: "bad-input" });
  });

  it("page with one dedup_key for all attempts, the key in the body only", async () => {
    const input = { summary: "db-1 is down", severity: "critical", source: "db-1", details: "since noon" };
    await run(2, input);
    await run(2, input);
    expect(events.size).toBe(1);
    expect(service.last().headers.authorization).toBeUndefined();
    expect([...events.values()][0]).toMatchObject({
      event_action: "trigger",
      payload: {
        summary: "db-1 is down",
        source: "db-1",
        severity: "critical",
        custom_details: { details: "since noon" },
      },
    });
    await run(2, input, "key-2");
    expect(events.size).toBe(2);
  });

  it("never tell a token, not even one that the service repeats", async () => {
    const denied = tools(services("wrong"))[0]!.run({}, createToolContext());
    await expect(denied).rejects.toMatchObject({
      code: "unauthorised",
      message: expect.not.stringContaining("rest-token"),
    });
    const card = tools()[2]!.describe?.({ summary: "x", severity: "info", source: "y" });
    expect(card).not.toContain("routing-key");
  });
});
