import { describeError } from "../../src/core/errors.ts";
import type { Logger } from "../../src/core/log.ts";
import { clientPath, type Json, type MatrixApi } from "./api.ts";
import type { MatrixOptions } from "./config.ts";
import type { Crypto } from "./crypto.ts";
import { isObject } from "./event.ts";
import { sendRequest } from "./outgoing.ts";

/**
 * Gives the account an identity that people can verify, where it has none, and has it sign this device. Never fails:
 * without it everything works, but others see an unverified device.
 */
export async function ensureIdentity(
  api: MatrixApi,
  crypto: Crypto,
  options: MatrixOptions,
  signal: AbortSignal,
  log: Logger,
): Promise<void> {
  const { machine, library } = crypto;
  try {
    await sendRequest(machine.queryKeysForUsers([new library.UserId(crypto.userId)]), api, crypto, signal);
    const { hasMaster } = await machine.crossSigningStatus();
    const published = await machine.getIdentity(new library.UserId(crypto.userId));
    if (published !== undefined && !hasMaster) {
      log.info(
        { user: crypto.userId },
        `The account has an identity elsewhere: "parlance channels verify" has it sign this device`,
      );
      return;
    }
    if (published !== undefined && hasMaster && (await isPublished(api, crypto, signal))) return;
    const requests = await machine.bootstrapCrossSigning(!hasMaster);
    if (isObject(requests.uploadKeysRequest))
      await sendRequest(
        requests.uploadKeysRequest as unknown as Parameters<typeof sendRequest>[0],
        api,
        crypto,
        signal,
      );
    if (!(await uploadIdentity(JSON.parse(requests.uploadSigningKeysRequest.body) as Json, api, options, signal))) {
      log.warn(
        { user: crypto.userId },
        "The server wants a password before it takes an identity: this device stays unverified",
      );
      return;
    }
    await sendRequest(requests.uploadSignaturesRequest, api, crypto, signal);
  } catch (error) {
    if (!signal.aborted) log.warn({ reason: describeError(error) }, "The account's identity could not be set up");
  }
}

/** What the machine knows may never have reached the server. */
async function isPublished(api: MatrixApi, { userId }: Crypto, signal: AbortSignal): Promise<boolean> {
  const body = { device_keys: { [userId]: [] } };
  const { master_keys: keys } = await api.call(clientPath`/keys/query`, { body, signal });
  return isObject(keys) && keys[userId] !== undefined;
}

/** The first identity needs no password (Matrix 1.11); older servers ask for one. */
async function uploadIdentity(
  keys: Json,
  api: MatrixApi,
  options: MatrixOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const path = clientPath`/keys/device_signing/upload`;
  const first = await api.ask(path, { body: keys, signal });
  if (first.ok) return true;
  const { session } = first.body;
  if (first.status !== 401 || typeof session !== "string") throw first.error;
  if (options.password === undefined) return false;
  const auth = {
    type: "m.login.password",
    identifier: { type: "m.id.user", user: options.userId },
    password: options.password,
    session,
  };
  const second = await api.ask(path, { body: { ...keys, auth }, signal });
  if (!second.ok) throw second.error;
  return true;
}

/**
 * Does the server know this device by the keys that we have? After the loss of the data folder it does not, and then
 * nobody can read what we write in encrypted rooms.
 */
export async function hasOurKeys(api: MatrixApi, crypto: Crypto, signal: AbortSignal): Promise<boolean> {
  const { userId, deviceId, machine } = crypto;
  const body = { device_keys: { [userId]: [deviceId] } };
  const answer = await api.call(clientPath`/keys/query`, { body, signal });
  const devices = isObject(answer["device_keys"]) ? answer["device_keys"][userId] : undefined;
  const device = isObject(devices) ? devices[deviceId] : undefined;
  const keys = isObject(device) && isObject(device["keys"]) ? device["keys"] : undefined;
  return keys === undefined || keys[`ed25519:${deviceId}`] === machine.identityKeys.ed25519.toBase64();
}
