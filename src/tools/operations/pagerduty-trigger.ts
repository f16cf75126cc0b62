import { z } from "zod";
import { quoteBlock, quoteInline } from "../../core/quote.ts";
import type { Tool } from "../../core/tool.ts";
import { markCall } from "../call-mark.ts";
import type { ConfiguredService } from "../configured.ts";
import { defineTool, words } from "../define.ts";
import { callJson, findService, serviceField, type Reach } from "../reach.ts";

/** Is it the events API, v2? */
export function isEventsService({ url }: ConfiguredService): boolean {
  return URL.parse(url)?.pathname.replace(/\/+$/, "").endsWith("/v2/enqueue") === true;
}

/** developer.pagerduty.com/docs/events-api-v2-overview: events of one dedup_key become one alert. */
export function createPagerdutyTrigger(reach: Reach): Tool {
  return defineTool({
    name: "pagerduty_trigger",
    description: "Calls whoever is on call, by a new incident in PagerDuty.",
    input: z.strictObject({
      summary: z.string().min(1).max(1024).describe("What is wrong, in a sentence."),
      severity: z.enum(["critical", "error", "warning", "info"]),
      source: z.string().min(1).max(200).describe("What it is about: a host, a system."),
      details: z.string().min(1).max(4000).optional(),
      service: serviceField(reach),
    }),
    effect: "send",
    keywords: [...words("pagerduty pager incident oncall"), "on call", "page whoever", "page somebody", "page someone"],
    timeoutMs: 30_000,
    maxOutputChars: 300,
    describe({ summary, severity, source, details, service }) {
      const where = service === undefined ? "" : ` by ${quoteInline(service)}`;
      const text = [summary, `Source: ${source}`, ...(details === undefined ? [] : ["", details])].join("\n");
      return `Call whoever is on call${where}, severity ${severity}:\n\n${quoteBlock(text)}`;
    },
    async run({ summary, severity, source, details, service: name }, context) {
      const service = findService(reach, name);
      const body = {
        routing_key: service.token ?? "",
        event_action: "trigger",
        dedup_key: markCall(context.idempotencyKey),
        payload: {
          summary,
          source,
          severity,
          timestamp: new Date(context.now()).toISOString(),
          ...(details === undefined ? {} : { custom_details: { details } }),
        },
      };
      // What lets us in is the key in the body.
      const shape = z.object({ status: z.literal("success") });
      await callJson(reach, service, { path: "", method: "POST", body, access: {}, shape }, context);
      return { text: "PagerDuty took it, and calls whoever is on call.", isOutside: false };
    },
  });
}
