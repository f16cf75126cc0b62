import { AppError, describeError, isAppError } from "../../src/core/errors.ts";
import { createArrivals } from "../_shared/arrivals.ts";
import { parseJson, readBody } from "../_shared/http.ts";
import { createLanes } from "../_shared/lanes.ts";
import { readActivity, type TeamsActivity } from "./activity.ts";
import type { Gate, RunTurn } from "./gate.ts";
import { parsePlace } from "./place.ts";
import { handleActivity, type Intake } from "./receive.ts";
import { isLoopback } from "./trust.ts";

/** A message has at most 100 KB, and comes as text and as HTML. */
const maxBodyBytes = 512 * 1_024;

/** A started channel. */
export interface Running extends Intake {
  readonly gate: Gate;
}

export interface Webhook {
  (request: Request): Promise<Response>;
  /** Resolves when the calls in hand are answered. */
  settled(): Promise<void>;
}

/** Teams' calls. Each is answered with 200 once its activity is stored; with anything else it may come again. */
export function createWebhook(playground: boolean, running: () => Running | undefined): Webhook {
  /** Calls come side by side, and in one chat nothing shall overtake: not while it is read, and not while it is stored. */
  const arrivals = createArrivals();
  const lanes = createLanes();
  const inHand = new Set<Promise<Response>>();

  async function take(request: Request): Promise<Response> {
    if (request.method !== "POST") return new Response(null, { status: 405 });
    const now = running();
    if (now === undefined)
      return new Response("The channel is not started.", { status: 503, headers: { "retry-after": "5" } });
    const { gate } = now;
    // Nobody's identity is checked in the playground, so nobody from elsewhere is let in.
    if (playground && !isLoopback(new URL(request.url).hostname)) return new Response(null, { status: 403 });
    const authorization = request.headers.get("authorization") ?? undefined;
    if (gate.refuses(authorization)) return new Response(null, { status: 401 });
    try {
      const admitted = await arrivals.inOrder(readAdmitted(request, authorization, now));
      if (admitted instanceof Response) return admitted;
      const { activity, chat, runTurn } = admitted;
      const answer = await lanes.run(chat, () => runTurn(() => handleActivity(activity, now)));
      if (answer === undefined) return new Response(null, { status: 200 });
      return answer.body === undefined
        ? new Response(null, { status: answer.status })
        : Response.json(answer.body, { status: answer.status });
    } catch (error) {
      return refuse(error, now);
    }
  }

  function refuse(error: unknown, { context }: Running): Response {
    if (isAppError(error, "too-large")) return new Response(null, { status: 413 });
    context.log.warn(
      { reason: error instanceof AppError ? describeError(error) : String((error as Error).name) },
      "A call could not be stored; Teams may send it again",
    );
    return new Response(null, { status: 503, headers: { "retry-after": "5" } });
  }

  return Object.assign(
    async (request: Request) => {
      const answer = take(request);
      inHand.add(answer);
      try {
        return await answer;
      } finally {
        inHand.delete(answer);
      }
    },
    {
      async settled() {
        await Promise.allSettled(inHand);
      },
    },
  );
}

/** The activity of a call whose sender is proven, or what a call is refused with. */
async function readAdmitted(
  request: Request,
  authorization: string | undefined,
  { gate, trust, context }: Running,
): Promise<Response | { readonly activity: TeamsActivity; readonly chat: string; readonly runTurn: RunTurn }> {
  const activity = readActivity(parseJson(await readBody(request, maxBodyBytes)));
  if (activity === undefined) return new Response("This is no activity.", { status: 400 });
  // The token names the service that it is good for, and the gate compares; this says which services there are.
  if (!trust.isService(activity.serviceUrl)) {
    context.log.warn({ host: hostOf(activity.serviceUrl) }, "A call names a service that is not trusted");
    return new Response(null, { status: 403 });
  }
  const { chat } = parsePlace(activity.conversation.id, "");
  const runTurn = await admit(gate, activity, authorization);
  return runTurn === undefined ? new Response(null, { status: 401 }) : { activity, chat, runTurn };
}

/** Undefined for a forged call. */
async function admit(
  gate: Gate,
  activity: TeamsActivity,
  authorization: string | undefined,
): Promise<RunTurn | undefined> {
  try {
    return await gate.admit(activity, authorization);
  } catch (error) {
    if (isAppError(error, "unauthorised")) return undefined;
    throw error;
  }
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "none";
}
