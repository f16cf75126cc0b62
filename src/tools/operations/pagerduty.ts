import { z } from "zod";
import { AppError } from "../../core/errors.ts";
import { quoteBlock, quoteInline } from "../../core/quote.ts";
import type { Tool } from "../../core/tool.ts";
import type { ConfiguredService } from "../configured.ts";
import { defineTool, words } from "../define.ts";
import {
  callJson,
  cutLine,
  findService,
  formatTime,
  serviceField,
  toOutput,
  type CallContext,
  type Reach,
  type ServiceCall,
} from "../reach.ts";
import { createPagerdutyTrigger, isEventsService } from "./pagerduty-trigger.ts";

// developer.pagerduty.com/api-reference, "Incidents"
const named = z.object({ summary: z.string().nullish() }).nullish();
const incident = z.object({
  id: z.string(),
  incident_number: z.number(),
  title: z.string(),
  status: z.enum(["triggered", "acknowledged", "resolved"]),
  urgency: z.string().nullish(),
  created_at: z.string(),
  service: named,
  assignments: z.array(z.object({ assignee: named })).default([]),
});
const one = z.object({ incident });
const many = z.object({ incidents: z.array(incident), more: z.boolean().optional() });
const notes = z.object({ notes: z.array(z.object({ content: z.string(), created_at: z.string(), user: named })) });

const keywords = [
  ...words("pagerduty incident incidents pager oncall outage vorfall vorfälle incidente incidentes"),
  "on call",
];
const id = z
  .string()
  .regex(/^[A-Za-z0-9]+$/)
  .min(1)
  .max(40);

/**
 * `reach`: services of kind "pagerduty". One whose address ends in /v2/enqueue is the events API, and its token the key
 * of an integration; any other is the REST API.
 */
export function createPagerdutyTools(reach: Reach): readonly Tool[] {
  const events = { ...reach, services: reach.services.filter(isEventsService) };
  const rest = { ...reach, services: reach.services.filter((service) => !isEventsService(service)) };
  return [
    ...(rest.services.length === 0 ? [] : [createIncidents(rest), createUpdate(rest)]),
    ...(events.services.length === 0 ? [] : [createPagerdutyTrigger(events)]),
  ];
}

function createIncidents(reach: Reach): Tool {
  return defineTool({
    name: "pagerduty_incidents",
    description: "Lists the open incidents of PagerDuty, or shows one with its notes.",
    input: z.strictObject({
      id: id.optional().describe("Of one incident, such as PT4KHLK."),
      resolved: z.boolean().optional().describe("true: resolved ones, too."),
      service: serviceField(reach),
    }),
    effect: "read",
    keywords,
    timeoutMs: 60_000,
    maxOutputChars: 8000,
    async run({ id: wanted, resolved = false, service: name }, context) {
      const service = findService(reach, name);
      if (wanted !== undefined) {
        const found = await findIncident(reach, service, wanted, context);
        const call = { path: `incidents/${wanted}/notes`, ...accessTo(service), shape: notes };
        const said = (await callJson(reach, service, call, context)).notes.slice(0, 20);
        const lines = said.map(
          ({ content, created_at: at, user }) =>
            `[${formatTime(at)}] ${cutLine(user?.summary ?? "", 80)}: ${content.slice(0, 1000)}`,
        );
        return toOutput(reach, [formatIncident(found), ...lines]);
      }
      const query = {
        "statuses[]": ["triggered", "acknowledged", ...(resolved ? ["resolved"] : [])],
        sort_by: "created_at:desc",
        limit: "25",
      };
      const { incidents, more = false } = await callJson(
        reach,
        service,
        { path: "incidents", query, ...accessTo(service), shape: many },
        context,
      );
      if (incidents.length === 0) return { text: "There are no such incidents.", isOutside: false };
      return toOutput(reach, [...incidents.map(formatIncident), ...(more ? ["[there are more]"] : [])]);
    },
  });
}

function createUpdate(reach: Reach): Tool {
  return defineTool({
    name: "pagerduty_update",
    description: "Acknowledges or resolves an incident of PagerDuty. Find its id and title with pagerduty_incidents.",
    input: z.strictObject({
      id,
      title: z.string().min(1).max(1000).describe("Of the incident, word for word."),
      status: z.enum(["acknowledged", "resolved"]),
      service: serviceField(reach),
    }),
    effect: "send",
    keywords,
    timeoutMs: 60_000,
    maxOutputChars: 500,
    describe({ id: wanted, title, status, service }) {
      const where = service === undefined ? "" : ` of ${quoteInline(service)}`;
      return `Set this incident${where} to ${status}:\n\n${quoteBlock(`${wanted}: ${title}`)}`;
    },
    async run({ id: wanted, title, status, service: name }, context) {
      const service = findService(reach, name);
      const before = await findIncident(reach, service, wanted, context);
      // What a person agreed to is what is changed.
      if (reach.cleanText(cutLine(before.title, 1000)) !== cutLine(title, 1000))
        throw new AppError("conflict", "The incident of this id has another title.", {
          hint: "List the incidents, and give id and title as they stand there.",
        });
      if (before.status === status || before.status === "resolved")
        return { text: `It is ${before.status} already; nothing was changed.`, isOutside: false };
      const body = { incident: { type: "incident_reference", status } };
      const call = {
        path: `incidents/${wanted}`,
        method: "PUT" as const,
        body,
        ...accessTo(service),
        shape: one,
      };
      const { incident: after } = await callJson(reach, service, call, context);
      return { text: `The incident is ${after.status} now.`, isOutside: false };
    },
  });
}

async function findIncident(reach: Reach, service: ConfiguredService, wanted: string, context: CallContext) {
  const call = { path: `incidents/${wanted}`, ...accessTo(service), shape: one };
  return (await callJson(reach, service, call, context)).incident;
}

/** A key of an account acts in the name of a user: `user` is their mail address. */
function accessTo({ token = "", user }: ConfiguredService): Pick<ServiceCall, "access" | "headers"> {
  return {
    access: { authorization: `Token token=${token}`, ...(user === undefined ? {} : { from: user }) },
    headers: { accept: "application/vnd.pagerduty+json;version=2" },
  };
}

function formatIncident({
  id: of,
  title,
  status,
  urgency,
  created_at: at,
  service,
  assignments,
}: z.output<typeof incident>): string {
  const people = assignments.map(({ assignee }) => assignee?.summary ?? "").filter((name) => name !== "");
  const facts = [status, urgency ?? "", service?.summary ?? "", people.length === 0 ? "" : `for ${people.join(", ")}`];
  const shown = facts.filter((fact) => fact !== "").map((fact) => cutLine(fact, 120));
  return `${of} [${shown.join("; ")}] since ${formatTime(at)}: ${cutLine(title, 1000)}`;
}
