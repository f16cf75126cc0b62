import { createHmac } from "node:crypto";
import { Agent, request } from "node:http";

export const hookSecret = "0123456789abcdef0123456789abcdef";

export interface LoadResult {
  readonly messages: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly errors: number;
}

/**
 * Posts signed messages to the webhook channel and waits for each answer (Prefer: wait), `connections` at a time.
 * `chatOf` chooses the conversation of message n.
 */
export async function runHookLoad(
  url: string,
  options: {
    readonly messages: number;
    readonly connections: number;
    readonly chatOf: (n: number) => string;
    readonly prefix: string;
  },
): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: options.connections });
  const latencies: number[] = [];
  let next = 0;
  let errors = 0;
  const began = performance.now();
  async function worker(): Promise<void> {
    while (next < options.messages) {
      const n = next++;
      const at = performance.now();
      const { status, body } = await post(agent, `${url}/hooks/hook`, {
        id: `${options.prefix}-${n}`,
        chat: options.chatOf(n),
        sender: { id: "ada", name: "Ada" },
        text: `message ${n}`,
      });
      if (status !== 200 || !body.includes('"reply"')) errors += 1;
      latencies.push(performance.now() - at);
    }
  }
  await Promise.all(Array.from({ length: options.connections }, worker));
  const seconds = (performance.now() - began) / 1000;
  agent.destroy();
  latencies.sort((left, right) => left - right);
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return {
    messages: options.messages,
    seconds,
    perSecond: options.messages / seconds,
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    errors,
  };
}

function post(agent: Agent, url: string, message: object): Promise<{ status: number; body: string }> {
  const body = JSON.stringify(message);
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac("sha256", hookSecret).update(`${timestamp}.${body}`).digest("hex");
  return new Promise((resolve, reject) => {
    const call = request(
      url,
      {
        method: "POST",
        agent,
        headers: {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(body),
          "x-parlance-timestamp": timestamp,
          "x-parlance-signature": `v1=${signature}`,
          prefer: "wait=30",
        },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
        response.on("error", reject);
      },
    );
    call.on("error", reject);
    call.end(body);
  });
}
