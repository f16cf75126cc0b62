import { z } from "zod";
import type { Tool } from "../../core/tool.ts";
import { defineTool, words } from "../define.ts";
import {
  callJson,
  callService,
  cutLine,
  findService,
  formatTime,
  readJson,
  serviceField,
  toOutput,
  type Reach,
} from "../reach.ts";
import { formatLabels, formatNumber, formatSeries } from "./series.ts";

// prometheus.io/docs/prometheus/latest/querying/api
const labels = z.record(z.string(), z.string());
const sample = z.tuple([z.number(), z.string()]);
const answer = z.object({
  data: z.discriminatedUnion("resultType", [
    z.object({ resultType: z.enum(["scalar", "string"]), result: sample }),
    z.object({
      resultType: z.literal("vector"),
      result: z.array(z.object({ metric: labels, value: sample.optional() })),
    }),
    z.object({
      resultType: z.literal("matrix"),
      result: z.array(z.object({ metric: labels, values: z.array(sample).optional() })),
    }),
  ]),
  warnings: z.array(z.string()).optional(),
});
const refusal = z.object({ error: z.string() });
const alerts = z.object({
  data: z.object({
    alerts: z.array(
      z.object({ labels, annotations: labels.optional(), state: z.string(), activeAt: z.string().optional() }),
    ),
  }),
});
const targets = z.object({
  data: z.object({
    activeTargets: z.array(z.object({ labels, health: z.string(), lastError: z.string().optional() })),
  }),
});

const metricWords = [
  ...words("prometheus promql metric metrics cpu latency throughput uptime quantile"),
  ...words("metrik metriken auslastung latenz speicherplatz métrique métriques métrica métricas"),
  "disk space",
  "error rate",
  "requests per second",
];
const stateWords = [
  ...words("prometheus alert alerts firing outage outages alerte alertes alerta alertas"),
  "scrape targets",
  "is down",
  "are down",
  "went down",
  "health of",
];

const maxSeries = 30;
const points = 48;

/** `reach`: services of kind "prometheus". */
export function createPrometheusTools(reach: Reach): readonly Tool[] {
  return [createQuery(reach), createState(reach)];
}

function createQuery(reach: Reach): Tool {
  return defineTool({
    name: "prometheus_query",
    description: "Asks Prometheus with PromQL: values now or, with `minutes`, how they went until now.",
    input: z.strictObject({
      query: z.string().min(1).max(2000).describe('Such as sum by (job) (rate(http_requests_total{code="500"}[5m])).'),
      minutes: z.int().min(1).max(44_640).optional().describe("How far back."),
      service: serviceField(reach),
    }),
    effect: "read",
    keywords: metricWords,
    timeoutMs: 30_000,
    maxOutputChars: 12_000,
    async run({ query, minutes, service: name }, context) {
      const service = findService(reach, name);
      const shared = { query, timeout: "15s", limit: "200" };
      const end = Math.floor(context.now() / 1000);
      const step = Math.max(15, Math.ceil(((minutes ?? 0) * 60) / points));
      const start = end - (minutes ?? 0) * 60;
      const window = { start: String(start), end: String(end), step: String(step) };
      const call =
        minutes === undefined
          ? { path: "api/v1/query", query: shared }
          : { path: "api/v1/query_range", query: { ...shared, ...window } };
      const response = await callService(reach, service, { ...call, accepts: [400, 422] }, context);
      if (response.status !== 200) {
        const { error } = readJson(response, refusal, service);
        return toOutput(reach, [`Prometheus did not take the query: ${cutLine(error, 600)}`]);
      }
      const { data, warnings = [] } = readJson(response, answer, service);
      const lines = formatData(data, { start, end, step });
      const rest = lines.length - maxSeries;
      return toOutput(reach, [
        ...(lines.length === 0 ? ["The query has no result."] : lines.slice(0, maxSeries)),
        ...(rest > 0 ? [`[${rest} more series; ask for fewer with topk or sum]`] : []),
        ...warnings.slice(0, 3).map((warning) => `(${cutLine(warning, 200)})`),
      ]);
    },
  });
}

type Data = z.output<typeof answer>["data"];

function formatData(data: Data, window: Parameters<typeof formatSeries>[2]): readonly string[] {
  if (data.resultType === "matrix")
    return data.result.map(({ metric, values = [] }) => formatSeries(formatLabels(metric), values, window));
  if (data.resultType === "vector")
    return data.result.map(
      ({ metric, value }) =>
        `${formatLabels(metric)} ${value === undefined ? "(a histogram)" : formatNumber(value[1])}`,
    );
  return [data.resultType === "string" ? cutLine(data.result[1], 500) : formatNumber(data.result[1])];
}

function createState(reach: Reach): Tool {
  return defineTool({
    name: "prometheus_state",
    description: "What Prometheus finds wrong now: alerts that fire or are about to, and targets that it cannot read.",
    input: z.strictObject({ service: serviceField(reach) }),
    effect: "read",
    keywords: stateWords,
    timeoutMs: 30_000,
    maxOutputChars: 8000,
    async run({ service: name }, context) {
      const service = findService(reach, name);
      const found = await callJson(reach, service, { path: "api/v1/alerts", shape: alerts }, context);
      const state = { path: "api/v1/targets", query: { state: "active" }, shape: targets };
      const { activeTargets } = (await callJson(reach, service, state, context)).data;
      const unread = activeTargets.filter(({ health }) => health !== "up");
      const raised = found.data.alerts.toSorted((a, b) => a.state.localeCompare(b.state)); // firing before pending
      return toOutput(reach, [
        `Alerts: ${raised.length}`,
        ...raised.slice(0, maxSeries).map(({ labels: of, annotations = {}, state: how, activeAt = "" }) => {
          const about = annotations["summary"] ?? annotations["description"] ?? "";
          return `${how} since ${formatTime(activeAt)}: ${formatLabels(of)} ${cutLine(about, 300)}`.trimEnd();
        }),
        `Targets: ${activeTargets.length - unread.length} of ${activeTargets.length} up`,
        ...unread
          .slice(0, maxSeries)
          .map(({ labels: of, health, lastError = "" }) =>
            `${health}: ${formatLabels(of)} ${cutLine(lastError, 200)}`.trimEnd(),
          ),
      ]);
    },
  });
}
