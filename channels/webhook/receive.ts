import { Readable } from "node:stream";
import type { ChannelContext, ChannelSink, ReceiveOutcome } from "../../src/core/channel.ts";
import { AppError, describeError } from "../../src/core/errors.ts";
import { conversationId, type Attachment, type InboundMessage } from "../../src/core/message.ts";
import type { Arrivals } from "../_shared/arrivals.ts";
import { readBody } from "../_shared/http.ts";
import type { Lanes } from "../_shared/lanes.ts";
import type { WebhookOptions } from "./config.ts";
import type { Reply } from "./format.ts";
import { parseBody, parseMessage, parseWaitSeconds, type WebhookBody } from "./parse.ts";
import { checkHeaders, isSignedBody } from "./sign.ts";
import type { Waiting } from "./waiting.ts";

/** Callers that do not wait for an answer before their next call still mean one after the other. */
export interface CallOrder {
  readonly arrivals: Arrivals;
  readonly lanes: Lanes;
}

/** Answers one HTTP call: refuses what is not signed, commits the message, and waits for the reply when asked to. */
export async function receiveCall(
  request: Request,
  context: ChannelContext<WebhookOptions>,
  sink: ChannelSink | undefined,
  waiting: Waiting,
  { arrivals, lanes }: CallOrder,
): Promise<Response> {
  const { options, now } = context;
  if (request.method !== "POST") return answer(405, { error: "Use POST." }, { allow: "POST" });
  const proof = checkHeaders(options, request.headers, now());
  if (proof === "refused") return unauthorised();

  try {
    const body = await arrivals.inOrder(readBody(request, options.maxBodyBytes));
    if (proof === "check-body" && !isSignedBody(options, request.headers, body)) return unauthorised();
    if (!/^application\/json\s*(;|$)/i.test(request.headers.get("content-type") ?? "")) {
      return answer(415, { error: "Send application/json." });
    }
    if (sink === undefined) return answer(503, { error: "The channel is not started." }, { "retry-after": "5" });
    const parsed = parseBody(body.toString("utf8"));
    const message = parseMessage(parsed, context.name, [], now());
    const store = async (): Promise<ReceiveOutcome> =>
      sink.receive({ ...message, attachments: await saveAttachments(parsed, context) });
    return await commit(request, message, context, waiting, () => lanes.run(conversationId(message.address), store));
  } catch (error) {
    return answerFailure(error, context);
  }
}

/** The waiter is there before the message is committed, because the reply may be faster than this function. */
async function commit(
  request: Request,
  message: InboundMessage,
  context: ChannelContext<WebhookOptions>,
  waiting: Waiting,
  store: () => Promise<ReceiveOutcome>,
): Promise<Response> {
  const waitSeconds = context.isListening() ? 0 : parseWaitSeconds(request.headers.get("prefer"));
  if (waitSeconds === 0) return answer(202, { status: await store() });

  const enough = new AbortController();
  const signal = AbortSignal.any([request.signal, enough.signal]);
  const coming = waiting.wait(message.id, message.address, waitSeconds * 1000, signal);
  try {
    const status = await store();
    const earlier = status === "duplicate" ? await findEarlierReply(message, context) : undefined;
    const isHopeless = status === "refused" || status === "ignored";
    const reply = earlier ?? (isHopeless ? undefined : await coming);
    const headers = { "preference-applied": `wait=${waitSeconds}` };
    return reply === undefined ? answer(202, { status }, headers) : answer(200, { status, reply }, headers);
  } finally {
    enough.abort("settled"); // a reason of our own: making a DOMException costs more than all of this
  }
}

/**
 * A caller whose connection broke while it waited posts the same message again: the reply may have gone out
 * meanwhile, and then stands behind the message in the transcript. Threads are not told apart there.
 */
async function findEarlierReply(
  message: InboundMessage,
  context: ChannelContext<WebhookOptions>,
): Promise<Reply | undefined> {
  const { chat, thread } = message.address;
  if (thread !== undefined) return undefined;
  const entries = await context.transcript.read(chat, { limit: 50 });
  const asked = entries.findIndex((entry) => entry.direction === "in" && entry.id === message.id);
  const reply = asked < 0 ? undefined : entries.slice(asked).find((entry) => entry.direction === "out");
  return (
    reply && {
      id: reply.id,
      chat,
      text: reply.text,
      ...(reply.choices && { choices: reply.choices }),
    }
  );
}

async function saveAttachments(
  body: WebhookBody,
  context: ChannelContext<WebhookOptions>,
): Promise<readonly Attachment[]> {
  const saved: Attachment[] = [];
  for (const { name, mimeType, data } of body.attachments ?? []) {
    const meta = { name, ...(mimeType === undefined ? {} : { mimeType }) };
    saved.push(await context.files.save(Readable.from([Buffer.from(data, "base64")]), meta));
  }
  return saved;
}

function answerFailure(error: unknown, context: ChannelContext<WebhookOptions>): Response {
  if (error instanceof AppError && error.code === "bad-input") return answer(400, { error: describeError(error) });
  if (error instanceof AppError && error.code === "too-large") return answer(413, { error: describeError(error) });
  context.log.error({ error }, "a message could not be stored; the caller was told to try again");
  const retryAfterMs = error instanceof AppError ? error.retryAfterMs : undefined;
  const seconds = Math.max(1, Math.ceil((retryAfterMs ?? 5000) / 1000));
  return answer(503, { error: "The message was not stored. Try again." }, { "retry-after": String(seconds) });
}

function unauthorised(): Response {
  return answer(401, { error: "The signature or token is missing, wrong, or too old." });
}

function answer(status: number, body: object, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers });
}
