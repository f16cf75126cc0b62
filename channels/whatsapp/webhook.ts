import { describeError, isAppError } from "../../src/core/errors.ts";
import { createArrivals } from "../_shared/arrivals.ts";
import { parseJson, readBody } from "../_shared/http.ts";
import { createLanes } from "../_shared/lanes.ts";
import { isSameSecret, isSignedBy } from "../_shared/signature.ts";
import type { CloudOptions } from "./config.ts";
import { pickSender } from "./parse.ts";
import type { WebhookBody, WebhookMessage, WebhookValue } from "./payload.ts";
import { receiveMessage, type Intake } from "./receive.ts";
import { parseStatus } from "./status.ts";
import type { Uncertain } from "./uncertain.ts";

/** Meta's calls are at most 3 MB: https://developers.facebook.com/docs/graph-api/webhooks/getting-started */
const maxBodyBytes = 3 * 1_048_576;

/** Meta's calls. Each is answered with 200 once all in it is stored; with anything else it comes again, for a week. */
export function createWebhook(
  { appSecret, verifyToken, phoneNumberId }: CloudOptions,
  uncertain: Uncertain,
  intake: () => Intake | undefined,
): (request: Request) => Promise<Response> {
  /** Calls come side by side, and in one chat nothing shall overtake: not while it is read, and not while it is stored. */
  const arrivals = createArrivals();
  const lanes = createLanes();

  async function readSigned(request: Request, signature: string): Promise<Buffer | undefined> {
    const payload = await readBody(request, maxBodyBytes);
    const given = signature.startsWith("sha256=") ? signature.slice("sha256=".length) : undefined;
    return isSignedBy({ secret: appSecret, payload, signature: given }) ? payload : undefined;
  }

  /** All messages stand in line before anything is waited for: a later call may have more of the same chats. */
  async function takeAll(values: readonly WebhookValue[], running: Intake): Promise<void> {
    const messages = values.flatMap((value) => (value.messages ?? []).map((message) => ({ message, value })));
    const chats = Map.groupBy(messages, ({ message }) => message.group_id ?? pickSender(message) ?? "");
    const stored = Promise.all([...chats].map(([chat, said]) => lanes.run(chat, () => takeChat(said, running))));
    stored.catch(() => undefined); // met below
    for (const status of values.flatMap(({ statuses = [] }) => statuses)) {
      const id = status.biz_opaque_callback_data ?? "";
      const report = parseStatus(status, status.status === "sent" && (await uncertain.has(id)));
      if (report !== undefined) await running.sink.delivery(report);
    }
    await stored;
  }

  return async (request) => {
    if (request.method === "GET") return answerVerification(request, verifyToken);
    const signature = request.headers.get("x-hub-signature-256");
    if (signature === null) return new Response(null, { status: 401 });
    if (request.method !== "POST") return new Response(null, { status: 405, headers: { allow: "GET, POST" } });
    const running = intake();
    try {
      const payload = await arrivals.inOrder(readSigned(request, signature));
      if (payload === undefined) return new Response(null, { status: 401 });
      if (running === undefined) return new Response("The channel is not started.", { status: 503 });
      const body = (parseJson(payload) ?? {}) as WebhookBody;
      const changes = (body.entry ?? []).flatMap(({ changes: each = [] }) => each);
      const values = changes.flatMap(({ field, value }) =>
        field === "messages" && value !== undefined ? [value] : [],
      );
      // One app has one hook for all of its numbers; those of other channels are theirs.
      const ours = values.filter(({ metadata }) => metadata?.phone_number_id === phoneNumberId);
      await takeAll(ours, running);
      return new Response(null, { status: 200 });
    } catch (error) {
      if (isAppError(error, "too-large")) return new Response(null, { status: 413 });
      running?.context.log.warn({ reason: describeError(error) }, "A call could not be stored; Meta will call again");
      return new Response(null, { status: 500 });
    }
  };
}

/** In order; behind one that cannot be stored the others wait, so that nothing overtakes it. */
async function takeChat(
  said: readonly { readonly message: WebhookMessage; readonly value: WebhookValue }[],
  running: Intake,
): Promise<void> {
  for (const { message, value } of said) await receiveMessage(message, value, running);
}

/** What the Meta dashboard asks when the hook is entered there. */
function answerVerification(request: Request, verifyToken: string): Response {
  const { searchParams } = new URL(request.url);
  const isOurs = isSameSecret(verifyToken, searchParams.get("hub.verify_token") ?? undefined);
  if (searchParams.get("hub.mode") !== "subscribe" || !isOurs) return new Response(null, { status: 403 });
  const headers = { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" };
  return new Response(searchParams.get("hub.challenge") ?? "", { headers });
}
