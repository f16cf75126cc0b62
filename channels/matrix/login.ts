import type { ChannelState } from "../../src/core/channel.ts";
import { AppError, isAppError } from "../../src/core/errors.ts";
import { clientPath, createApi, type MatrixApi } from "./api.ts";
import type { MatrixOptions } from "./config.ts";
import { isObject, readText } from "./event.ts";

/** A session on the server. */
export interface Login {
  readonly userId: string;
  readonly deviceId: string;
  readonly accessToken: string;
}

const stateKey = "login";

/**
 * The session of the configured token, or the one that the password gave earlier, or a new one. Throws AppError that
 * says what is wrong with which option.
 */
export async function loadLogin(
  options: MatrixOptions,
  state: ChannelState,
  now: () => number,
  signal: AbortSignal,
): Promise<Login> {
  if (options.accessToken !== undefined) return checkToken(options, options.accessToken, now, signal);
  const stored = await state.get(stateKey);
  const known = stored === undefined ? undefined : (JSON.parse(stored) as Login);
  if (known?.userId === options.userId) {
    try {
      return await checkToken(options, known.accessToken, now, signal);
    } catch (error) {
      if (!isAppError(error, "unauthorised")) throw error;
      // The session is gone for good, and with it the device: a new one needs new keys.
    }
  }
  const made = await logIn(options, options.password ?? "", now, signal);
  await state.set(stateKey, JSON.stringify(made));
  return made;
}

async function checkToken(
  options: MatrixOptions,
  accessToken: string,
  now: () => number,
  signal: AbortSignal,
): Promise<Login> {
  const api = createApi({ homeserverUrl: options.homeserverUrl, token: () => accessToken, now });
  return readWhoami(await api.call(clientPath`/account/whoami`, { signal }), options, accessToken);
}

function readWhoami(body: Readonly<Record<string, unknown>>, options: MatrixOptions, accessToken: string): Login {
  const { user_id: userId, device_id: deviceId } = body;
  if (userId !== options.userId)
    throw new AppError("config-invalid", `The access token belongs to ${String(userId)}, not to ${options.userId}.`, {
      hint: "Set userId to whom the token belongs.",
    });
  if (typeof deviceId !== "string")
    throw new AppError("config-invalid", "The access token belongs to no device, so nothing could be encrypted.", {
      hint: "Log in with the bot's account and use that session's token, or set password.",
    });
  if (options.deviceId !== undefined && options.deviceId !== deviceId)
    throw new AppError(
      "config-invalid",
      `The access token belongs to the device ${deviceId}, not to ${options.deviceId}.`,
      {
        hint: "Set deviceId to that, or leave it out.",
      },
    );
  return { userId: options.userId, deviceId, accessToken };
}

async function logIn(options: MatrixOptions, password: string, now: () => number, signal: AbortSignal): Promise<Login> {
  const api = createApi({ homeserverUrl: options.homeserverUrl, token: () => undefined, now });
  const body = {
    type: "m.login.password",
    identifier: { type: "m.id.user", user: options.userId },
    password,
    initial_device_display_name: "Parlance",
    ...(options.deviceId === undefined ? {} : { device_id: options.deviceId }),
  };
  const answer = await api.ask(clientPath`/login`, { body, signal });
  if (!answer.ok) {
    if (answer.status !== 403 && answer.status !== 400) throw answer.error;
    throw new AppError("unauthorised", `The Matrix server refuses the login of ${options.userId} (${answer.code}).`, {
      hint: "Compare userId and password. A server that allows no passwords needs an accessToken.",
    });
  }
  const { user_id: userId, device_id: deviceId, access_token: accessToken } = answer.body;
  if (userId !== options.userId || typeof deviceId !== "string" || typeof accessToken !== "string")
    throw new AppError("config-invalid", `The login gave another account than ${options.userId}.`);
  return { userId, deviceId, accessToken };
}

/** What people call us, as far as the server says. */
export async function loadNames(api: MatrixApi, userId: string, signal: AbortSignal): Promise<readonly string[]> {
  const answer = await api.ask(clientPath`/profile/${userId}`, { signal });
  const name = answer.ok && isObject(answer.body) ? readText(answer.body["displayname"])?.trim() : undefined;
  return name === undefined || name === "" ? [] : [name];
}
