import type { Update } from "telegraf/types";
import { describeError, isAppError } from "../../src/core/errors.ts";
import { createArrivals } from "../_shared/arrivals.ts";
import { parseJson, readBody } from "../_shared/http.ts";
import { createLanes } from "../_shared/lanes.ts";
import { isSameSecret } from "../_shared/signature.ts";
import { pickChat } from "./parse.ts";
import { handleUpdate, type Intake } from "./receive.ts";

const maxBodyBytes = 1_048_576;

/** Telegram's calls. Each is answered with 200 once its update is stored; with anything else it comes again. */
export function createWebhook(
  secret: string,
  intake: () => Intake | undefined,
): (request: Request) => Promise<Response> {
  /** Calls come side by side, and in one chat nothing shall overtake: not while it is read, and not while it is stored. */
  const arrivals = createArrivals();
  const lanes = createLanes();

  return async (request) => {
    if (!isSameSecret(secret, request.headers.get("x-telegram-bot-api-secret-token") ?? undefined))
      return new Response(null, { status: 401 });
    if (request.method !== "POST") return new Response(null, { status: 405 });
    const running = intake();
    if (running === undefined) return new Response("The channel is not started.", { status: 503 });
    try {
      const update = parseJson(await arrivals.inOrder(readBody(request, maxBodyBytes)));
      if (!isUpdate(update)) return new Response("This is no update.", { status: 400 });
      await lanes.run(String(pickChat(update)), () => handleUpdate(update, running));
      await running.ids.save(running.context.now());
      return new Response(null, { status: 200 });
    } catch (error) {
      if (isAppError(error, "too-large")) return new Response(null, { status: 413 });
      running.context.log.warn(
        { reason: describeError(error) },
        "An update could not be stored; Telegram will call again",
      );
      return new Response(null, { status: 500 });
    }
  };
}

function isUpdate(value: unknown): value is Update {
  return typeof value === "object" && value !== null && "update_id" in value && Number.isSafeInteger(value.update_id);
}
