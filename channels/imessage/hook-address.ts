import { describeError } from "../../src/core/errors.ts";
import type { Logger } from "../../src/core/log.ts";
import { callBlue, type BlueApi } from "./api.ts";

const events = ["new-message", "updated-message", "message-send-error"] as const;

/** The hook's address with our secret in it: all that tells BlueBubbles' calls from anybody's. */
export function formatHookAddress(hookUrl: string, secret: string): string {
  const url = new URL(hookUrl);
  url.searchParams.set("secret", secret);
  return url.href;
}

/** Tells the server to call us, unless it does already. A failure is no reason not to look messages up. Never throws. */
export async function registerHook(api: BlueApi, address: string, log: Logger, signal: AbortSignal): Promise<void> {
  const path = "/api/v1/webhook";
  try {
    const options = { effect: "read", method: "GET", signal } as const;
    const known = (await callBlue<readonly { url?: string }[] | undefined>(api, path, options)) ?? [];
    if (known.some(({ url }) => url === address)) return;
    if (known.some(({ url }) => url?.split("?")[0] === address.split("?")[0]))
      log.warn({}, "BlueBubbles also calls our hook with another secret: take that webhook away there");
    await callBlue(api, path, { effect: "read", json: { url: address, events }, signal });
  } catch (error) {
    log.warn({ reason: describeError(error) }, "BlueBubbles could not be told to call us; messages are looked up");
  }
}
