import { z } from "zod";
import { AppError } from "../../core/errors.ts";
import { quoteBlock } from "../../core/quote.ts";
import type { Tool } from "../../core/tool.ts";
import { markCall } from "../call-mark.ts";
import type { ConfiguredService } from "../configured.ts";
import { defineTool, words } from "../define.ts";
import {
  callJson,
  callService,
  cutLine,
  findService,
  formatTime,
  serviceField,
  toOutput,
  type CallContext,
  type Reach,
} from "../reach.ts";
import { areSame, formatMatcher, parseMatcher } from "./matchers.ts";
import { formatLabels } from "./series.ts";

// github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
const labels = z.record(z.string(), z.string());
const alert = z.object({
  labels,
  annotations: labels,
  startsAt: z.string(),
  status: z.object({ state: z.string(), silencedBy: z.array(z.string()), inhibitedBy: z.array(z.string()) }),
});
const silence = z.object({
  id: z.string(),
  status: z.object({ state: z.enum(["expired", "active", "pending"]) }),
  matchers: z.array(
    z.object({ name: z.string(), value: z.string(), isRegex: z.boolean(), isEqual: z.boolean().default(true) }),
  ),
  startsAt: z.string(),
  endsAt: z.string(),
  createdBy: z.string(),
  comment: z.string(),
});
type Silence = z.output<typeof silence>;

const keywords = [
  ...words("alert alerts alertmanager silences unsilence stummschalten alerte alertes alerta alertas"),
  "silence the",
  "silence it",
  "silence for",
];
const matchers = z
  .array(z.string().min(3).max(300))
  .min(1)
  .max(10)
  .describe('All must hold. Such as alertname="DiskFull" or instance=~"db-.+".');
const maxShown = 30;

/** `reach`: services of kind "alertmanager". */
export function createAlertmanagerTools(reach: Reach): readonly Tool[] {
  return [createList(reach), createSilence(reach), createExpire(reach)];
}

function createList(reach: Reach): Tool {
  return defineTool({
    name: "alertmanager_list",
    description: "Lists the alerts that Alertmanager has now, or its silences with their ids.",
    input: z.strictObject({
      show: z.enum(["alerts", "silences"]),
      matchers: matchers.optional(),
      service: serviceField(reach),
    }),
    effect: "read",
    keywords,
    timeoutMs: 30_000,
    maxOutputChars: 12_000,
    async run({ show, matchers: wanted = [], service: name }, context) {
      const service = findService(reach, name);
      const filter = wanted.map((text) => formatMatcher(parseMatcher(text)));
      if (show === "silences") {
        const found = (await listSilences(reach, service, filter, context)).filter(
          ({ status }) => status.state !== "expired",
        );
        return toOutput(reach, [`Silences: ${found.length}`, ...found.slice(0, maxShown).map(formatSilence)]);
      }
      const call = { path: "api/v2/alerts", query: { filter }, shape: z.array(alert) };
      const found = await callJson(reach, service, call, context);
      return toOutput(reach, [
        `Alerts: ${found.length}`,
        ...found.slice(0, maxShown).map(({ labels: of, annotations, startsAt, status }) => {
          const about = annotations["summary"] ?? annotations["description"] ?? "";
          const by = [...status.silencedBy, ...status.inhibitedBy].join(", ");
          const state = by === "" ? status.state : `${status.state} by ${by}`;
          return `${cutLine(state, 120)} since ${formatTime(startsAt)}: ${formatLabels(of)} ${cutLine(about, 300)}`.trimEnd();
        }),
      ]);
    },
  });
}

function createSilence(reach: Reach): Tool {
  return defineTool({
    name: "alertmanager_silence",
    description: "Silences alerts in Alertmanager for some minutes: nobody is told of them.",
    input: z.strictObject({
      matchers,
      minutes: z.int().min(1).max(43_200),
      comment: z.string().min(1).max(500).describe("Why."),
      service: serviceField(reach),
    }),
    effect: "write",
    keywords,
    timeoutMs: 60_000,
    maxOutputChars: 1000,
    describe({ matchers: wanted, minutes, comment, service }) {
      const lines = wanted.map((text) => formatMatcher(parseMatcher(text))).join("\n");
      const where = service === undefined ? "" : ` in ${findService(reach, service).name}`;
      return `Silence for ${minutes} minutes${where} all alerts with\n\n${quoteBlock(lines)}\n\nbecause\n\n${quoteBlock(comment)}`;
    },
    async run({ matchers: wanted, minutes, comment, service: name }, context) {
      const service = findService(reach, name);
      const parsed = wanted.map(parseMatcher);
      // Alertmanager knows no idempotency keys: an earlier attempt is known by its mark.
      const mark = `[${markCall(context.idempotencyKey)}]`;
      const earlier = await listSilences(reach, service, [], context);
      const done = earlier.find((one) => one.comment.endsWith(mark) && areSame(one.matchers, parsed));
      if (done !== undefined) return toOutput(reach, [`Silenced: ${formatSilence(done)}`]);
      const endsAt = new Date(context.now() + minutes * 60_000).toISOString();
      const { silenceID } = await callJson(
        reach,
        service,
        {
          path: "api/v2/silences",
          method: "POST",
          body: {
            matchers: parsed,
            startsAt: new Date(context.now()).toISOString(),
            endsAt,
            createdBy: `parlance for ${context.sender.id}`,
            comment: `${comment} ${mark}`,
          },
          shape: z.object({ silenceID: z.string() }),
        },
        context,
      );
      return toOutput(reach, [`Silenced until ${endsAt}, id ${cutLine(silenceID, 60)}.`]);
    },
  });
}

function createExpire(reach: Reach): Tool {
  return defineTool({
    name: "alertmanager_expire",
    description: "Ends a silence now: its alerts are told again. Find its id and matchers with alertmanager_list.",
    input: z.strictObject({
      id: z.string().min(1).max(60),
      matchers: matchers.describe("Those of the silence, as they are listed."),
      service: serviceField(reach),
    }),
    effect: "destroy",
    keywords,
    timeoutMs: 60_000,
    maxOutputChars: 500,
    describe({ id, matchers: wanted, service }) {
      const where = service === undefined ? "" : ` in ${findService(reach, service).name}`;
      return `End this silence${where}:\n\n${quoteBlock([id, ...wanted].join("\n"))}`;
    },
    async run({ id, matchers: wanted, service: name }, context) {
      const service = findService(reach, name);
      const path = `api/v2/silence/${encodeURIComponent(id)}`;
      const found = await callJson(reach, service, { path, shape: silence }, context);
      // What a person agreed to is what is ended.
      if (!areSame(found.matchers, wanted.map(parseMatcher)))
        throw new AppError("conflict", "The silence of this id is for other alerts.", {
          hint: "List the silences, and give id and matchers as they stand there.",
        });
      if (found.status.state !== "expired") await callService(reach, service, { path, method: "DELETE" }, context);
      return { text: "The silence is over.", isOutside: false };
    },
  });
}

function listSilences(reach: Reach, service: ConfiguredService, filter: readonly string[], context: CallContext) {
  return callJson(reach, service, { path: "api/v2/silences", query: { filter }, shape: z.array(silence) }, context);
}

function formatSilence({ id, matchers: of, endsAt, createdBy, comment }: Silence): string {
  const what = cutLine(of.map(formatMatcher).join(", "), 400);
  return `${cutLine(id, 60)}: ${what} until ${formatTime(endsAt)}, by ${cutLine(createdBy, 80)}: ${cutLine(comment, 200)}`;
}
