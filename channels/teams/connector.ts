import { callHttp, parseJson, type CallAnswer } from "../_shared/http.ts";
import { createPauses } from "../_shared/pauses.ts";
import type { Reference } from "./references.ts";
import { translateRefusal } from "./refusals.ts";
import type { Tokens } from "./tokens.ts";
import { checkService, type Trust } from "./trust.ts";

export interface ConnectorCall {
  /** Behind "/v3/conversations". */
  readonly path: string;
  readonly method?: "POST" | "PUT" | "DELETE" | "GET";
  readonly body?: object;
  /** "send" for what people would see twice. */
  readonly effect: "send" | "read";
  readonly signal?: AbortSignal;
  /** Whom a 429 is about; default: the path. */
  readonly pauseKey?: string;
}

/** The REST API by which bots speak. */
export interface Connector {
  /** Resolves with the parsed answer. Throws AppError. */
  call(reference: Pick<Reference, "serviceUrl">, call: ConnectorCall): Promise<unknown>;
  /** The headers that show who we are; empty in the playground. */
  authorise(signal?: AbortSignal): Promise<Readonly<Record<string, string>>>;
}

export function createConnector(tokens: Tokens, trust: Trust, now: () => number): Connector {
  const pauses = createPauses("Teams", now);

  async function attempt(url: string, call: ConnectorCall, token: string | undefined): Promise<CallAnswer> {
    const { method = "POST", body, effect, signal } = call;
    return callHttp(url, {
      service: "Teams",
      effect,
      method,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  return {
    async call({ serviceUrl }, call) {
      checkService(trust, serviceUrl);
      return pauses.run(call.pauseKey ?? call.path, async () => {
        const url = `${serviceUrl.replace(/\/+$/, "")}/v3/conversations${call.path}`;
        const token = await tokens.get(call.signal);
        let answer = await attempt(url, call, token);
        if (answer.status === 401 && token !== undefined) {
          // Revoked before its time, perhaps: a new one is asked for once. A refused call has done nothing.
          tokens.drop(token);
          answer = await attempt(url, call, await tokens.get(call.signal));
        }
        if (answer.status < 200 || answer.status > 299) throw translateRefusal(answer, call.effect);
        return parseJson(answer.body);
      });
    },
    async authorise(signal) {
      const token = await tokens.get(signal);
      return token === undefined ? {} : { authorization: `Bearer ${token}` };
    },
  };
}

/** "/<conversation>/activities[/<activity>]"; ids hold colons, semicolons and slashes. */
export function formatPath(conversation: string, ...rest: readonly string[]): string {
  return ["", conversation, ...rest].map((part) => encodeURIComponent(part)).join("/");
}
