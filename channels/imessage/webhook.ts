import type { ChannelSink } from "../../src/core/channel.ts";
import { describeError, isAppError } from "../../src/core/errors.ts";
import type { Logger } from "../../src/core/log.ts";
import { createArrivals } from "../_shared/arrivals.ts";
import { parseJson, readBody } from "../_shared/http.ts";
import { createLanes } from "../_shared/lanes.ts";
import { isSameSecret } from "../_shared/signature.ts";
import type { Line } from "./line.ts";
import type { BlueMessage } from "./message.ts";

/** A message with all that the server knows of its chat. */
const maxBodyBytes = 2 * 1_048_576;

export interface HookSettings {
  readonly secret: string;
  readonly line: Line;
  readonly log: Logger;
  readonly load: (guid: string, signal: AbortSignal) => Promise<BlueMessage | undefined>;
  readonly handleNew: (message: BlueMessage, sink: ChannelSink, signal: AbortSignal) => Promise<void>;
  readonly handleUpdate: (message: BlueMessage, sink: ChannelSink, signal: AbortSignal) => Promise<void>;
}

interface HookEvent {
  readonly type?: string;
  readonly data?: Partial<BlueMessage> | null;
}

/**
 * BlueBubbles' calls: {type, data}. They carry no signature, only the secret in the address. Of what they hold only the
 * message's GUID is believed: the message itself is read from the server. Each is answered with 200 once its message is
 * stored. BlueBubbles does not call again, so after a failure all that is new is looked up.
 */
export function createHook({
  secret,
  line,
  log,
  load,
  handleNew,
  handleUpdate,
}: HookSettings): (request: Request) => Promise<Response> {
  const arrivals = createArrivals();
  const lanes = createLanes();

  async function take({ type, data }: HookEvent, sink: ChannelSink, signal: AbortSignal): Promise<void> {
    const guid = data?.guid;
    if (typeof guid !== "string" || guid === "") return;
    if (type === "new-message") {
      await lanes.run(data?.chats?.[0]?.guid ?? "", async () => {
        const message = await load(guid, signal);
        // Not written down yet, or only half: the look-up will find it.
        if (message === undefined || (message.chats ?? []).length === 0) line.lookUpNow();
        else await handleNew(message, sink, signal);
      });
    } else if (type === "updated-message" || type === "message-send-error") {
      const message = await load(guid, signal);
      if (message !== undefined) await handleUpdate(message, sink, signal);
    }
  }

  return async (request) => {
    const given = new URL(request.url).searchParams.get("secret") ?? undefined;
    if (!isSameSecret(secret, given)) return new Response(null, { status: 401 });
    if (request.method !== "POST") return new Response(null, { status: 405, headers: { allow: "POST" } });
    const running = line.running();
    if (running === undefined) return new Response("The channel is not started.", { status: 503 });
    try {
      const event = parseJson(await arrivals.inOrder(readBody(request, maxBodyBytes)));
      if (typeof event !== "object" || event === null) return new Response("This is no event.", { status: 400 });
      if (!(await line.isCaughtUp())) return new Response(null, { status: 503 });
      await take(event, running.sink, running.signal);
      return new Response(null, { status: 200 });
    } catch (error) {
      if (isAppError(error, "too-large")) return new Response(null, { status: 413 });
      log.warn({ reason: describeError(error) }, "A call could not be stored; its message will be looked up");
      line.lookUpNow();
      return new Response(null, { status: 500 });
    }
  };
}
