import { isAppError } from "../../src/core/errors.ts";
import type { Alarm } from "../_shared/alarm.ts";
import { callRpc, type SignalApi } from "./rpc.ts";

/** How often it is asked while nothing else happens: the stream of a device that was unlinked stays open, and empty. */
const checkMs = 10 * 60_000;

/** Asks Signal, which the daemon's stream does not, whether it still lets this account in. Throws "unauthorised" if not. */
export async function checkAccount(api: SignalApi, signal: AbortSignal): Promise<void> {
  try {
    await callRpc(api, "listDevices", {}, { effect: "read", signal });
  } catch (error) {
    // Whatever else goes wrong says nothing of the account.
    if (isAppError(error, "unauthorised")) throw error;
  }
}

/** Asks now, at each ring, and every few minutes, until the signal aborts. Throws "unauthorised". */
export async function watchAccount(api: SignalApi, alarm: Alarm, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await checkAccount(api, signal);
    await alarm.wait(checkMs, signal);
  }
}
