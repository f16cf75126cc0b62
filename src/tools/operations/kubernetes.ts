import { z } from "zod";
import { AppError } from "../../core/errors.ts";
import type { Tool } from "../../core/tool.ts";
import { defineTool, words } from "../define.ts";
import { callJson, callService, cutLine, findService, serviceField, toOutput, type Reach } from "../reach.ts";

/**
 * What may be looked at, and where the API has it. Secrets are not among it and never will be; nor are the maps that
 * hold configuration, because keys end up in them.
 */
const kinds = {
  pods: "api/v1",
  events: "api/v1",
  services: "api/v1",
  nodes: "api/v1",
  namespaces: "api/v1",
  deployments: "apis/apps/v1",
  statefulsets: "apis/apps/v1",
  daemonsets: "apis/apps/v1",
  jobs: "apis/batch/v1",
  cronjobs: "apis/batch/v1",
  ingresses: "apis/networking.k8s.io/v1",
} as const;
type Kind = keyof typeof kinds;
const kindNames = Object.keys(kinds) as [Kind, ...Kind[]];
const withoutNamespace: ReadonlySet<Kind> = new Set<Kind>(["nodes", "namespaces"]);

// kubernetes.io/docs/reference/using-api/api-concepts, "Receiving resources as Tables": what kubectl shows, made by the
// server. No object comes with it but its name, so no value of an environment variable does.
const asTable = "application/json;as=Table;v=v1;g=meta.k8s.io";
const table = z.object({
  kind: z.literal("Table"),
  metadata: z.object({ continue: z.string().nullish() }).optional(),
  columnDefinitions: z.array(z.object({ name: z.string(), priority: z.number().optional() })),
  rows: z
    .array(
      z.object({
        cells: z.array(z.unknown()),
        object: z.object({ metadata: z.object({ namespace: z.string().nullish() }) }).nullish(),
      }),
    )
    .nullable(),
});
type Table = z.output<typeof table> & { readonly rows: readonly Row[] };
type Row = NonNullable<z.output<typeof table>["rows"]>[number];

// kubernetes.io/docs/concepts/overview/working-with-objects/names: nothing that could lead elsewhere in the API.
const nameOf = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.:-]*[a-z0-9])?$/)
  .min(1)
  .max(253);
const keywords = [
  ...words("kubernetes k8s kubectl cluster pod pods deployment deployments namespace rollout replicas"),
  ...words("crashloop crashloopbackoff oomkilled statefulset daemonset ingress cronjob"),
];
const maxRows = 60;

/** `reach`: services of kind "kubernetes", with the bearer token of an account that may read. */
export function createKubernetesTools(reach: Reach): readonly Tool[] {
  return [createRead(reach), createLogs(reach)];
}

function createRead(reach: Reach): Tool {
  return defineTool({
    name: "kubernetes_read",
    description: "Shows what is in a Kubernetes cluster as kubectl get does: pods, deployments, events and more.",
    input: z.strictObject({
      kind: z.enum(kindNames),
      namespace: nameOf.optional().describe("All when absent."),
      name: nameOf.optional().describe("Only this one; needs the namespace. Of events: what they are about."),
      labels: z.string().min(1).max(300).optional().describe("Selector, such as app=web."),
      service: serviceField(reach),
    }),
    effect: "read",
    keywords,
    timeoutMs: 30_000,
    maxOutputChars: 12_000,
    async run({ kind, namespace, name, labels, service: wanted }, context) {
      const service = findService(reach, wanted);
      const isPlaced = !withoutNamespace.has(kind);
      if (isPlaced && name !== undefined && namespace === undefined)
        throw new AppError("bad-input", "Say in which namespace it is.");
      const place = isPlaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : "";
      const isOne = name !== undefined && kind !== "events";
      const path = `${kinds[kind]}${place}/${kind}${isOne ? `/${encodeURIComponent(name)}` : ""}`;
      const query = {
        ...(isOne ? {} : { limit: "500" }),
        ...(labels === undefined ? {} : { labelSelector: labels }),
        ...(name !== undefined && kind === "events" ? { fieldSelector: `involvedObject.name=${name}` } : {}),
      };
      const call = { path, query, headers: { accept: asTable }, maxBytes: 8 * 1_048_576, shape: table };
      const found = await callJson(reach, service, call, context);
      const rows = kind === "events" ? (found.rows ?? []).toSorted(byAge) : (found.rows ?? []);
      return toOutput(reach, formatTable({ ...found, rows }, isOne, isPlaced && place === ""));
    },
  });
}

function createLogs(reach: Reach): Tool {
  return defineTool({
    name: "kubernetes_logs",
    description: "Shows the last lines of the log of a pod in a Kubernetes cluster.",
    input: z.strictObject({
      namespace: nameOf,
      pod: nameOf,
      container: nameOf.optional().describe("Where there are several."),
      lines: z.int().min(1).max(500).optional().describe("100 when absent."),
      previous: z.boolean().optional().describe("true: of the one that ended before."),
      service: serviceField(reach),
    }),
    effect: "read",
    keywords: [...keywords, ...words("logs stacktrace")],
    timeoutMs: 30_000,
    maxOutputChars: 16_000,
    async run({ namespace, pod, container, lines = 100, previous = false, service: wanted }, context) {
      const service = findService(reach, wanted);
      const query = {
        tailLines: String(lines),
        limitBytes: "1000000",
        ...(container === undefined ? {} : { container }),
        ...(previous ? { previous: "true" } : {}),
      };
      const path = `api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`;
      const call = { path, query, headers: { accept: "text/plain, */*" }, accepts: [400] };
      const { status, body } = await callService(reach, service, call, context);
      // 400: there are several containers, or it has not begun; the reason is theirs.
      const text = new TextDecoder().decode(body);
      if (status === 400) return toOutput(reach, ["The log cannot be shown:", text.slice(0, 1000)]);
      const kept = text.length <= 15_000 ? text : `[earlier lines left out]\n${text.slice(-15_000)}`;
      return toOutput(reach, [kept.trimEnd() === "" ? "(The log is empty.)" : kept.trimEnd()]);
    },
  });
}

/** Events come in the order of their names. Their first cell says how long ago they were, such as "3m14s". */
function byAge(one: Row, other: Row): number {
  const [first, second] = [one, other].map(({ cells }) => readAge(formatCell(cells[0])));
  return (first ?? 0) - (second ?? 0);
}

function readAge(text: string): number {
  const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, y: 31_536_000 };
  const parts = [...text.matchAll(/(\d+)([smhdy])/g)];
  return parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (seconds[unit] ?? 0), 0);
}

/** Columns of a priority above 0 are for one object only: lists leave them out, as kubectl does. */
function formatTable({ columnDefinitions, rows: all, metadata }: Table, isWhole: boolean, hasPlaces: boolean) {
  const shown = columnDefinitions.flatMap(({ priority = 0 }, index) => (isWhole || priority === 0 ? [index] : []));
  const head = [...(hasPlaces ? ["Namespace"] : []), ...shown.map((index) => columnDefinitions[index]?.name ?? "")];
  const lines = all
    .slice(0, maxRows)
    .map(({ cells, object }) =>
      [
        ...(hasPlaces ? [object?.metadata.namespace ?? ""] : []),
        ...shown.map((index) => formatCell(cells[index])),
      ].join(" | "),
    );
  if (lines.length === 0) return ["There are none."];
  const rest = all.length - lines.length;
  const isCut = rest > 0 || (metadata?.continue ?? "") !== "";
  return [
    head.join(" | "),
    ...lines,
    ...(isCut ? [`[${rest > 0 ? rest : "there are"} more; name a namespace or labels]`] : []),
  ];
}

function formatCell(value: unknown): string {
  return cutLine(typeof value === "string" ? value : (JSON.stringify(value) ?? ""), 200);
}
