import { describeError, isAppError } from "../../src/core/errors.ts";
import { createArrivals } from "../_shared/arrivals.ts";
import { parseJson, readBody } from "../_shared/http.ts";
import { isFresh, isSignedBy } from "../_shared/signature.ts";
import type { EventCallback, Interaction, SlashCommand } from "./payloads.ts";
import type { Intake } from "./receive.ts";

const maxBodyBytes = 1_048_576;

export interface WebhookParts {
  readonly signingSecret: string;
  readonly now: () => number;
  readonly log: { warn(fields: object, message: string): void };
  /** Undefined while the channel is not started. */
  readonly intake: () => Intake | undefined;
}

/** Slack's calls. Each is answered with 200 once it is stored; with anything else events come again, three times. */
export function createWebhook(parts: WebhookParts): (request: Request) => Promise<Response> {
  const arrivals = createArrivals();
  return async (request) => {
    if (request.method !== "POST") return new Response(null, { status: 405 });
    try {
      const body = await arrivals.inOrder(readSigned(request, parts));
      if (body === undefined) return new Response(null, { status: 401 });
      return await answer(parseCall(body, request.headers.get("content-type") ?? ""), parts.intake());
    } catch (error) {
      if (isAppError(error, "too-large")) return new Response(null, { status: 413 });
      parts.log.warn({ reason: describeError(error) }, "A call of Slack's could not be stored; it will call again");
      return new Response(null, { status: 500 });
    }
  };
}

/**
 * The body, if Slack signed it within the last five minutes; undefined otherwise.
 * https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
async function readSigned(request: Request, { signingSecret, now }: WebhookParts): Promise<Buffer | undefined> {
  const timestamp = request.headers.get("x-slack-request-timestamp") ?? "";
  const [, signature] = /^v0=([0-9a-f]{64})$/.exec(request.headers.get("x-slack-signature") ?? "") ?? [];
  if (!/^\d{1,12}$/.test(timestamp) || signature === undefined) return undefined;
  if (!isFresh(Number(timestamp) * 1_000, now())) return undefined;
  const body = await readBody(request, maxBodyBytes);
  const payload = Buffer.concat([Buffer.from(`v0:${timestamp}:`), body]);
  return isSignedBy({ secret: signingSecret, payload, signature }) ? body : undefined;
}

type Call =
  | { readonly kind: "challenge"; readonly challenge: string }
  | { readonly kind: "event"; readonly callback: EventCallback }
  | { readonly kind: "interaction"; readonly payload: Interaction }
  | { readonly kind: "command"; readonly payload: SlashCommand }
  | undefined;

/** Events come as JSON; presses as JSON in a form's field, slash commands as a form. */
function parseCall(body: Buffer, contentType: string): Call {
  if (contentType.startsWith("application/x-www-form-urlencoded")) {
    const form = Object.fromEntries(new URLSearchParams(body.toString("utf8")));
    if (form["command"] !== undefined) return { kind: "command", payload: form };
    const payload = parseJson(Buffer.from(form["payload"] ?? ""));
    return isRecord(payload) ? { kind: "interaction", payload } : undefined;
  }
  const json = parseJson(body);
  if (!isRecord(json)) return undefined;
  if (json["type"] === "url_verification") return { kind: "challenge", challenge: String(json["challenge"]) };
  return json["type"] === "event_callback" && isRecord(json["event"]) ? { kind: "event", callback: json } : undefined;
}

async function answer(call: Call, intake: Intake | undefined): Promise<Response> {
  // Slack asks when the address is entered, which may be before the channel runs.
  if (call?.kind === "challenge") return Response.json({ challenge: call.challenge });
  if (call === undefined) return new Response("This is nothing that Slack sends.", { status: 400 });
  if (intake === undefined) return new Response("The channel is not started.", { status: 503 });
  if (call.kind === "command") return Response.json(await intake.command(call.payload));
  await (call.kind === "event" ? intake.event(call.callback) : intake.interaction(call.payload));
  return new Response(null, { status: 200 });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
