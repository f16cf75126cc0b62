import type { ChannelState } from "../../src/core/channel.ts";
import { AppError, isAppError } from "../../src/core/errors.ts";
import { callRpc, type SignalApi } from "./rpc.ts";

/** Who we are: our messages are known by it, so it is needed before anything is sent or parsed. */
export interface Identity {
  /** ACI. */
  readonly aci: string;
  /** Undefined for an account that has none. */
  readonly number: string | undefined;
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Asked for once and kept: it never changes, and other processes send without the daemon's stream. */
export async function loadIdentity(api: SignalApi, state: ChannelState, signal: AbortSignal): Promise<Identity> {
  if (uuid.test(api.account)) return { aci: api.account.toLowerCase(), number: undefined };
  const key = `aci:${api.account}`;
  const kept = await state.get(key);
  if (kept !== undefined) return { aci: kept, number: api.account };
  const aci = (await findInAccounts(api, signal)) ?? (await findInDirectory(api, signal));
  await state.set(key, aci);
  return { aci, number: api.account };
}

/** Only daemons for several accounts have the list, and only newer ones tell ACIs. */
async function findInAccounts(api: SignalApi, signal: AbortSignal): Promise<string | undefined> {
  try {
    const options = { effect: "read", signal, timeoutMs: 10_000 } as const;
    const accounts = await callRpc<readonly { number?: string | null; aci?: string | null }[]>(
      api,
      "listAccounts",
      {},
      options,
    );
    const ours = accounts.find(({ number }) => number === api.account);
    return ours?.aci?.toLowerCase() ?? undefined;
  } catch (error) {
    if (isAppError(error, "unsupported") || isAppError(error, "bad-input")) return undefined;
    throw error;
  }
}

async function findInDirectory(api: SignalApi, signal: AbortSignal): Promise<string> {
  const found = await callRpc<readonly { uuid?: string | null }[]>(
    api,
    "getUserStatus",
    { recipient: [api.account] },
    { effect: "read", signal },
  );
  const aci = found[0]?.uuid;
  if (aci === undefined || aci === null || !uuid.test(aci))
    throw new AppError("config-invalid", "Signal knows no account with this number.", {
      hint: "Register or link it with signal-cli, then check `account`.",
    });
  return aci.toLowerCase();
}
