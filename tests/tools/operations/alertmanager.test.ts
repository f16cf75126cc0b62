import { beforeEach, describe, expect, it } from "vitest";
import { createAlertmanagerTools } from "../../../src/tools/operations/alertmanager.ts";
import { areSame, formatMatcher, parseMatcher } from "../../../src/tools/operations/matchers.ts";
import { createToolContext, testTool } from "../../contracts/tool.ts";
import { startService } from "../local-server.ts";

interface Silence {
  readonly id: string;
  readonly status: { readonly state: string };
  readonly matchers: readonly object[];
  readonly startsAt: string;
  readonly endsAt: string;
  readonly createdBy: string;
  readonly comment: string;
}

let silences: Silence[] = [];
const old = {
  id: "aaaa-1",
  status: { state: "active" },
  updatedAt: "2030-01-31T10:00:00.000Z",
  matchers: [
    { name: "alertname", value: "DiskFull", isRegex: false, isEqual: true },
    { name: "instance", value: "db-.+", isRegex: true, isEqual: true },
  ],
  startsAt: "2030-01-31T10:00:00.000Z",
  endsAt: "2030-01-31T14:00:00.000Z",
  createdBy: "ada",
  comment: "disks are on their way",
};

/** As api/v2/openapi.yaml of Alertmanager has it; silences live and end as there. */
const service = startService(({ method, path, body }) => {
  if (path === "/api/v2/alerts")
    return {
      body: [
        {
          labels: { alertname: "DiskFull", severity: "critical" },
          annotations: { summary: "93 % of /var" },
          receivers: [{ name: "ops" }],
          fingerprint: "f1",
          startsAt: "2030-01-31T09:00:00.000+02:00",
          updatedAt: "2030-01-31T09:00:00.000Z",
          endsAt: "2030-01-31T13:00:00.000Z",
          status: { state: "suppressed", silencedBy: ["aaaa-1"], inhibitedBy: [] },
        },
      ],
    };
  if (path === "/api/v2/silences" && method === "POST") {
    const made = { ...(JSON.parse(body) as Silence), id: `made-${silences.length}`, status: { state: "active" } };
    silences.push(made);
    return { body: { silenceID: made.id } };
  }
  if (path === "/api/v2/silences") return { body: silences };
  const [, id] = /^\/api\/v2\/silence\/(.+)$/.exec(path) ?? [];
  const found = silences.find((one) => one.id === id);
  if (found === undefined) return undefined;
  if (method !== "DELETE") return { body: found };
  silences = silences.map((one) => (one === found ? { ...one, status: { state: "expired" } } : one));
  return { body: "" };
});
beforeEach(() => {
  silences = [old];
  service.seen.length = 0;
});

const tools = () =>
  createAlertmanagerTools({
    services: [
      { name: "alerts", kind: "alertmanager", url: service.origin(), token: "the-token" },
      { name: "other", kind: "alertmanager", url: "http://127.0.0.1:1" },
    ],
    fetchService: service.fetchService,
    cleanText: String,
  });
const run = async (index: number, input: object, key = "key-1") =>
  (await tools()[index]!.run(input, createToolContext({ idempotencyKey: key }))).text;
const posts = () => service.seen.filter(({ method }) => method === "POST");

const fixed = (...answers: readonly unknown[]) => {
  const left = [...answers];
  return createAlertmanagerTools({
    services: [{ name: "a", kind: "alertmanager", url: "https://example.org" }],
    fetchService: () =>
      Promise.resolve({ status: 200, headers: {}, url: "", body: Buffer.from(JSON.stringify(left.shift())) }),
    cleanText: String,
  });
};
testTool("alertmanager_list", {
  create: () => fixed([])[0]!,
  good: [{ show: "alerts" }, { show: "silences", matchers: ["a=b"] }],
  refused: [
    { show: "alerts", matchers: ["no matcher"] },
    { show: "alerts", service: "x" },
  ],
});
testTool("alertmanager_silence", {
  create: () => fixed([], { silenceID: "1" })[1]!,
  good: [{ matchers: ['alertname="DiskFull"'], minutes: 60, comment: "because" }],
  refused: [{ matchers: ["===", "a=b"], minutes: 1, comment: "x" }],
});
testTool("alertmanager_expire", {
  create: () => fixed(old, "")[2]!,
  good: [{ id: "aaaa-1", matchers: ["alertname=DiskFull", "instance=~db-.+"] }],
  refused: [{ id: "aaaa-1", matchers: ["alertname=DiskFull"] }],
});

describe("matchers", () => {
  it("are read with and without quotes, in all four kinds, and written back the same", () => {
    const texts = ['a="b c"', 'a!="b"', 'a=~"b.+"', 'a!~"b|c"'];
    expect(texts.map((text) => formatMatcher(parseMatcher(text)))).toEqual(texts);
    expect(parseMatcher(" severity = critical ")).toEqual({
      name: "severity",
      value: "critical",
      isRegex: false,
      isEqual: true,
    });
    for (const text of ["", "a", "a=", 'a=""', '="b"', 'a="b', "1a=b"])
      expect(() => parseMatcher(text), text).toThrow("A matcher cannot be read.");
  });

  it("are the same in any order, and no others", () => {
    const [one, two, three] = ["a=1", "b=2", "b=~2"].map(parseMatcher);
    expect(areSame([one!, two!], [two!, one!])).toBe(true);
    expect(areSame([one!, two!], [one!, three!])).toBe(false);
    expect(areSame([one!, two!], [one!])).toBe(false);
  });
});

describe("alertmanager_list", () => {
  it("lists alerts, with who silenced them", async () => {
    expect(await run(0, { show: "alerts", matchers: ["severity=critical", "a!~b"] })).toBe(
      'Alerts: 1\nsuppressed by aaaa-1 since 2030-01-31 07:00 UTC: {alertname="DiskFull", severity="critical"} 93 % of /var',
    );
    expect(service.last().query.getAll("filter")).toEqual(['severity="critical"', 'a!~"b"']);
    expect(service.last().headers.authorization).toBe("Bearer the-token");
  });

  it("lists silences that are not over", async () => {
    silences.push({ ...old, id: "gone", status: { state: "expired" } });
    const text = await run(0, { show: "silences" });
    expect(text).toContain('aaaa-1: alertname="DiskFull", instance=~"db-.+" until 2030-01-31 14:00 UTC, by ada');
    expect(text).not.toContain("gone");
  });
});

describe("alertmanager_silence", () => {
  const input = { matchers: ["alertname=Slow", 'job=~"api.*"'], minutes: 90, comment: "deploying" };

  it("silences from now to the end, and says for whom", async () => {
    expect(await run(1, input)).toBe("Silenced until 2030-01-31T13:30:00.000Z, id made-1.");
    expect(JSON.parse(posts()[0]!.body)).toEqual({
      matchers: [
        { name: "alertname", value: "Slow", isRegex: false, isEqual: true },
        { name: "job", value: "api.*", isRegex: true, isEqual: true },
      ],
      startsAt: "2030-01-31T12:00:00.000Z",
      endsAt: "2030-01-31T13:30:00.000Z",
      createdBy: "parlance for chat:1",
      comment: expect.stringMatching(/^deploying \[parlance:[0-9a-f]{16}\]$/),
    });
  });

  it("silences once, however often the call is attempted; another call silences again", async () => {
    await run(1, input);
    expect(await run(1, input)).toContain("made-1");
    expect(posts()).toHaveLength(1);
    await run(1, input, "key-2");
    expect(posts()).toHaveLength(2);
  });

  it("shows the matchers as they will be, the time and the reason", () => {
    expect(tools()[1]!.describe?.({ ...input, service: "other" })).toBe(
      'Silence for 90 minutes in other all alerts with\n\n```\nalertname="Slow"\njob=~"api.*"\n```\n\nbecause\n\n```\ndeploying\n```',
    );
  });
});

describe("alertmanager_expire", () => {
  const matchers = ['instance=~"db-.+"', 'alertname="DiskFull"'];

  it("ends the silence that was agreed to, and ending it again does nothing", async () => {
    expect(await run(2, { id: "aaaa-1", matchers })).toBe("The silence is over.");
    expect(silences[0]?.status.state).toBe("expired");
    await run(2, { id: "aaaa-1", matchers });
    expect(service.seen.filter(({ method }) => method === "DELETE")).toHaveLength(1);
  });

  it("ends no other: not one with other matchers, not an unknown one, nothing beside the silences", async () => {
    await expect(run(2, { id: "aaaa-1", matchers: ["alertname=Slow"] })).rejects.toMatchObject({ code: "conflict" });
    await expect(run(2, { id: "bbbb", matchers })).rejects.toMatchObject({ code: "not-found" });
    await expect(run(2, { id: "../alerts", matchers })).rejects.toMatchObject({ code: "not-found" });
    expect(service.seen.filter(({ method }) => method === "DELETE")).toHaveLength(0);
    expect(silences[0]?.status.state).toBe("active");
  });
});
