import { startService, type FakeAnswer, type SeenRequest } from "../tools/local-server.ts";

type Answer = (request: SeenRequest) => FakeAnswer | undefined;
/** Paths or beginnings of paths to answers; the longest that fits counts. */
export type Routes = Readonly<Record<string, object | Answer>>;

export interface Services {
  readonly origin: () => string;
  /** What is played from now on; what was asked before is forgotten. */
  serve(routes: Routes): void;
  /** "GET /path" of what was asked for since then. */
  asked(): readonly string[];
  /** Bodies of what was sent to a path since then, as JSON. */
  sentTo(path: string): readonly unknown[];
  seen(): readonly SeenRequest[];
}

/**
 * Every service of a test on one machine: /github, /prometheus and so on, and whatever pages there are. A route is the
 * body of a 200, or a function of the request.
 */
export function startServices(): Services {
  let routes: Routes = {};
  const service = startService((request) => {
    const [, route] =
      Object.entries(routes)
        .toSorted(([one], [other]) => other.length - one.length)
        .find(([path]) => request.path === path || (path.endsWith("/") && request.path.startsWith(path))) ?? [];
    if (route === undefined) return undefined;
    return typeof route === "function" ? (route as Answer)(request) : { body: route };
  });
  return {
    origin: service.origin,
    serve(next) {
      routes = next;
      service.seen.length = 0;
    },
    asked: () => service.seen.map(({ method, path }) => `${method} ${path}`),
    sentTo: (path) =>
      service.seen
        .filter((request) => request.path === path && request.method !== "GET")
        .map(({ body }) => JSON.parse(body) as unknown),
    seen: () => service.seen,
  };
}

/** An issue or pull request as docs.github.com/en/rest shows it, version 2022-11-28. */
export const githubIssue = (number: number, title: string, change: object = {}): object => ({
  number,
  title,
  state: "open",
  user: { login: "grace" },
  body: "It happens **every** time.",
  created_at: "2025-12-20T08:00:00Z",
  html_url: `https://github.example.org/example/garden/pull/${number}`,
  labels: [],
  comments: 0,
  ...change,
});
export const pull = { pull_request: { merged_at: null } };
export const found = (...items: readonly object[]): object => ({
  total_count: items.length,
  incomplete_results: false,
  items,
});

/** Answers of Prometheus, prometheus.io/docs/prometheus/latest/querying/api. */
export const vector = (
  ...series: ReadonlyArray<readonly [metric: Readonly<Record<string, string>>, value: string]>
) => ({
  status: "success",
  data: { resultType: "vector", result: series.map(([metric, value]) => ({ metric, value: [1_767_600_000, value] })) },
});

/** An alert as api/v2/openapi.yaml of Alertmanager has it. */
export const alert = (alertname: string, summary: string): object => ({
  labels: { alertname, severity: "critical" },
  annotations: { summary },
  receivers: [{ name: "ops" }],
  fingerprint: "f1",
  startsAt: "2026-01-05T08:00:00.000Z",
  updatedAt: "2026-01-05T08:00:00.000Z",
  endsAt: "2026-01-05T13:00:00.000Z",
  status: { state: "active", silencedBy: [], inhibitedBy: [] },
});

/** An incident as developer.pagerduty.com/api-reference shows it. */
export const incident = (): object => ({
  id: "PT4KHLK",
  type: "incident",
  incident_number: 1234,
  created_at: "2026-01-04T10:00:00Z",
  status: "triggered",
  title: "The server is on fire.",
  urgency: "high",
  service: { id: "PIJ90N7", type: "service_reference", summary: "Shop" },
  assignments: [],
});

/** What a Kubernetes server makes of a list that is asked for as a table. */
export const table = (names: readonly string[], ...rows: ReadonlyArray<readonly string[]>): object => ({
  kind: "Table",
  apiVersion: "meta.k8s.io/v1",
  metadata: { resourceVersion: "1" },
  columnDefinitions: names.map((name) => ({ name, type: "string", priority: 0 })),
  rows: rows.map((cells) => ({ cells, object: { metadata: { name: cells[0], namespace: "default" } } })),
});
export const podTable = (...rows: ReadonlyArray<readonly string[]>): object =>
  table(["Name", "Ready", "Status", "Restarts", "Age"], ...rows);

/** A calendar as RFC 5545 has it. */
export const calendar =
  (...events: readonly string[]) =>
  (): FakeAnswer => ({
    headers: { "content-type": "text/calendar" },
    body: [
      "BEGIN:VCALENDAR",
      "VERSION:2.0",
      ...events.map((lines, index) => `BEGIN:VEVENT\nUID:e${index}\n${lines}\nEND:VEVENT`),
      "END:VCALENDAR",
      "",
    ]
      .join("\n")
      .replaceAll("\n", "\r\n"),
  });
