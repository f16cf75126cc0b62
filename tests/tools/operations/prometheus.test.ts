import { describe, expect, it } from "vitest";
import { createPrometheusTools } from "../../../src/tools/operations/prometheus.ts";
import { formatSeries } from "../../../src/tools/operations/series.ts";
import { createToolContext, testTool } from "../../contracts/tool.ts";
import { startService } from "../local-server.ts";

const vector = {
  status: "success",
  data: {
    resultType: "vector",
    result: [
      { metric: { __name__: "up", job: "api", instance: "a:9090" }, value: [1435781451.781, "1"] },
      { metric: { job: "db" }, value: [1435781451.781, "0.30000000000000004"] },
    ],
  },
};

/** In the shapes of prometheus.io/docs/prometheus/latest/querying/api. */
const service = startService(({ path, query }) => {
  if (path === "/prom/api/v1/query_range") {
    const start = Number(query.get("start"));
    const values = [0, 1, 2, 4].map((value, index) => [start + index * Number(query.get("step")), String(value)]);
    return {
      body: { status: "success", data: { resultType: "matrix", result: [{ metric: { job: "api" }, values }] } },
    };
  }
  if (path === "/prom/api/v1/query" && query.get("query") === "up{")
    return {
      status: 400,
      body: { status: "error", errorType: "bad_data", error: "1:4: parse error: unexpected end of input" },
    };
  if (path === "/prom/api/v1/query" && query.get("query") === "secret")
    return { body: { status: "success", data: { resultType: "string", result: [1, "the-token\u202e"] } } };
  if (path === "/prom/api/v1/query" && query.get("query") === "many") {
    const result = Array.from({ length: 45 }, (_, index) => ({ metric: { n: String(index) }, value: [1, "1"] }));
    return { body: { status: "success", data: { resultType: "vector", result }, warnings: ["slow"] } };
  }
  if (path === "/prom/api/v1/query" && query.get("query") === "forbidden") return { status: 401, body: "no" };
  if (path === "/prom/api/v1/query" && query.get("query") === "login") return { body: "<html>Sign in</html>" };
  if (path === "/prom/api/v1/query") return { body: vector };
  if (path === "/prom/api/v1/alerts")
    return {
      body: {
        status: "success",
        data: {
          alerts: [
            {
              labels: { alertname: "Slow" },
              annotations: {},
              state: "pending",
              activeAt: "2030-01-31T11:59:00Z",
              value: "2e+00",
            },
            {
              labels: { alertname: "Down", job: "db" },
              annotations: { summary: "db is\ndown" },
              state: "firing",
              activeAt: "2030-01-31T11:00:00Z",
              value: "1",
            },
          ],
        },
      },
    };
  if (path === "/prom/api/v1/targets")
    return {
      body: {
        status: "success",
        data: {
          activeTargets: [
            { labels: { job: "api" }, scrapeUrl: "http://a", lastError: "", health: "up" },
            {
              labels: { job: "db", instance: "b:1" },
              scrapeUrl: "http://b",
              lastError: "connection refused",
              health: "down",
            },
          ],
          droppedTargets: [],
        },
      },
    };
  return undefined;
});

const tools = () =>
  createPrometheusTools({
    services: [{ name: "metrics", kind: "prometheus", url: `${service.origin()}/prom/`, token: "the-token" }],
    fetchService: service.fetchService,
    cleanText: (text) => text.replaceAll("\u202e", ""),
  });
const run = (index: number, input: object) => tools()[index]!.run(input, createToolContext());
const query = (input: object) => run(0, input);

const fixed = (body: object) => ({
  services: [{ name: "m", kind: "prometheus", url: "https://example.org" }],
  fetchService: () => Promise.resolve({ status: 200, headers: {}, url: "", body: Buffer.from(JSON.stringify(body)) }),
  cleanText: String,
});
testTool("prometheus_query", {
  create: () => createPrometheusTools(fixed(vector))[0]!,
  good: [{ query: "up" }, { query: "up", service: "m" }],
  refused: [{ query: "up", service: "other" }],
});
testTool("prometheus_state", {
  create: () => createPrometheusTools(fixed({ data: { alerts: [], activeTargets: [] } }))[1]!,
  good: [{}],
  refused: [{ service: "other" }],
});

describe("prometheus_query", () => {
  it("gives the values of now, as text from outside", async () => {
    expect(await query({ query: "up" })).toEqual({
      text: 'up{job="api", instance="a:9090"} 1\n{job="db"} 0.3',
      isOutside: true,
    });
    expect(service.last().headers.authorization).toBe("Bearer the-token");
    expect(service.last().query.get("query")).toBe("up");
  });

  it("draws how a value went, over the window that was asked for", async () => {
    const { text } = await query({ query: "rate(x[5m])", minutes: 48 });
    const asked = service.last().query;
    expect(Number(asked.get("end")) - Number(asked.get("start"))).toBe(48 * 60);
    expect(asked.get("step")).toBe("60");
    expect(text).toMatch(/^\{job="api"\} last 4, min 0, max 4, mean 1\.75 \[▁▃▅█ +\]$/);
  });

  it("leaves blanks where there is no value, and says when there are no numbers", () => {
    const window = { start: 0, end: 40, step: 10 };
    expect(
      formatSeries(
        "x",
        [
          [0, "1"],
          [20, "NaN"],
          [40, "3"],
        ],
        window,
      ),
    ).toBe("x last 3, min 1, max 3, mean 2 [▁   █]");
    expect(formatSeries("x", [[0, "NaN"]], window)).toBe("x (no numbers)");
    expect(formatSeries("x", [[10, "5"]], window)).toContain("[ ▁   ]");
  });

  it("tells what is wrong with a query, as text from outside", async () => {
    expect(await query({ query: "up{" })).toEqual({
      text: "Prometheus did not take the query: 1:4: parse error: unexpected end of input",
      isOutside: true,
    });
  });

  it("cuts many series, passes warnings on, and never repeats its token", async () => {
    const { text } = await query({ query: "many" });
    expect(text.split("\n")).toHaveLength(32);
    expect(text).toContain("[15 more series; ask for fewer with topk or sum]\n(slow)");
    expect((await query({ query: "secret" })).text).toBe("[token]");
  });

  it("says what to mend when the service does not know us, or is no Prometheus", async () => {
    await expect(query({ query: "forbidden" })).rejects.toMatchObject({
      code: "unauthorised",
      hint: "Check services.metrics.token.",
    });
    await expect(query({ query: "login" })).rejects.toMatchObject({
      code: "tool-failed",
      hint: expect.stringContaining("services.metrics.url"),
    });
  });
});

describe("prometheus_state", () => {
  it("lists what fires, then what is about to, and targets that are not up", async () => {
    expect((await run(1, {})).text.split("\n")).toEqual([
      "Alerts: 2",
      'firing since 2030-01-31 11:00 UTC: {alertname="Down", job="db"} db is down',
      'pending since 2030-01-31 11:59 UTC: {alertname="Slow"}',
      "Targets: 1 of 2 up",
      'down: {job="db", instance="b:1"} connection refused',
    ]);
  });
});
