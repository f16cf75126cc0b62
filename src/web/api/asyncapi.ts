import { z } from "zod";
import { deskEventKinds } from "../../core/cdc.ts";
import { eventDataSchema } from "./schemas.ts";

type Json = Readonly<Record<string, unknown>>;

const summaries: Readonly<Record<(typeof deskEventKinds)[number] | "reset", string>> = {
  decision: "A message was judged, or a judgement was corrected.",
  draft: "A draft was made, answered, put off, sent or has ended.",
  "follow-up": "Something that was planned for later is due.",
  promise: "A promise was made, kept or dropped.",
  digest: "A digest was written.",
  approval: "A tool call waits for a yes or no, or was answered.",
  rule: "Something was learned from a correction, or taken back.",
  style: "What is known of the owner's manner of writing has changed.",
  run: "A workflow's run has moved on.",
  reset: "What was seen last is not known here any more: read the inbox anew.",
};

/** The stream of events as an AsyncAPI 3 document. */
export function formatAsyncApi(): Json {
  const names = [...deskEventKinds, "reset" as const];
  const { $schema: _schema, ...data } = z.toJSONSchema(eventDataSchema);
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Parlance events",
      version: "1",
      description:
        "What changes at the owner's desk. An event names what changed and does not say what it says: `/openapi.json` describes where to read it. Sign in as there. Send `Last-Event-ID` (or `?after=`) with the last id you had, and you get what came since, once and in order.",
    },
    defaultContentType: "application/json",
    channels: {
      events: {
        address: "/api/events",
        title: "Server-sent events",
        description:
          "`id:` is the event's number, `event:` its kind, `data:` the payload. A comment comes at least every 15 seconds.",
        messages: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
      },
    },
    operations: {
      sendEvents: {
        action: "send",
        channel: { $ref: "#/channels/events" },
        summary: "Tells whoever listens what changed.",
        messages: names.map((name) => ({ $ref: `#/channels/events/messages/${name}` })),
      },
    },
    components: {
      messages: Object.fromEntries(
        names.map((name) => [
          name,
          { name, title: name, summary: summaries[name], payload: { $ref: "#/components/schemas/EventData" } },
        ]),
      ),
      schemas: { EventData: data },
    },
  };
}
