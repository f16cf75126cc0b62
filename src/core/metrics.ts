/** Labels of one time series. Few and bounded: never ids of people or conversations. */
export type Labels = Readonly<Record<string, string>>;

export interface Metrics {
  count(name: string, labels?: Labels, by?: number): void;
  /** Adds one observation, in seconds. */
  observe(name: string, seconds: number, labels?: Labels): void;
  /** Read when the page is asked for. */
  gauge(name: string, help: string, read: () => Promise<number> | number): void;
  /** The Prometheus text format, version 0.0.4. */
  format(): Promise<string>;
}

const buckets = [0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300];

const help: Readonly<Record<string, string>> = {
  parlance_messages_received_total: "Messages handed over by channels, by outcome.",
  parlance_messages_sent_total: "Messages delivered to channels.",
  parlance_turns_total: "Turns, by how they ended.",
  parlance_turn_seconds: "From a message's arrival to its committed answer.",
  parlance_tokens_total: "Tokens, by model and direction.",
  parlance_http_requests_total: "HTTP requests, by route and status class.",
};

interface Histogram {
  readonly counts: number[];
  sum: number;
  count: number;
}

/** Counters, histograms and gauges in memory. */
export function createMetrics(): Metrics {
  const counters = new Map<string, Map<string, number>>();
  const histograms = new Map<string, Map<string, Histogram>>();
  const gauges = new Map<string, { help: string; read: () => Promise<number> | number }>();

  return {
    count(name, labels = {}, by = 1) {
      const series = counters.get(name) ?? new Map<string, number>();
      counters.set(name, series);
      const key = formatLabels(labels);
      series.set(key, (series.get(key) ?? 0) + by);
    },
    observe(name, seconds, labels = {}) {
      const series = histograms.get(name) ?? new Map<string, Histogram>();
      histograms.set(name, series);
      const key = formatLabels(labels);
      const entry = series.get(key) ?? { counts: buckets.map(() => 0), sum: 0, count: 0 };
      series.set(key, entry);
      buckets.forEach((limit, index) => {
        if (seconds <= limit) entry.counts[index] = (entry.counts[index] ?? 0) + 1;
      });
      entry.sum += seconds;
      entry.count += 1;
    },
    gauge(name, text, read) {
      gauges.set(name, { help: text, read });
    },
    async format() {
      const lines: string[] = [];
      for (const [name, series] of counters) {
        lines.push(...head(name, "counter"), ...[...series].map(([labels, value]) => `${name}${labels} ${value}`));
      }
      for (const [name, series] of histograms) {
        lines.push(...head(name, "histogram"));
        for (const [labels, entry] of series) {
          buckets.forEach((limit, index) =>
            lines.push(`${name}_bucket${withLabel(labels, limit)} ${entry.counts[index]}`),
          );
          lines.push(
            `${name}_bucket${withLabel(labels, "+Inf")} ${entry.count}`,
            `${name}_sum${labels} ${entry.sum}`,
            `${name}_count${labels} ${entry.count}`,
          );
        }
      }
      for (const [name, { help: text, read }] of gauges) {
        lines.push(`# HELP ${name} ${text}`, `# TYPE ${name} gauge`, `${name} ${await read()}`);
      }
      return `${lines.join("\n")}\n`;
    },
  };
}

function head(name: string, type: string): string[] {
  return [...(help[name] === undefined ? [] : [`# HELP ${name} ${help[name]}`]), `# TYPE ${name} ${type}`];
}

function formatLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${value.replaceAll(/["\\\n]/g, "_")}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function withLabel(labels: string, limit: number | string): string {
  return labels === "" ? `{le="${limit}"}` : `${labels.slice(0, -1)},le="${limit}"}`;
}
