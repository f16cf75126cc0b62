import type { ChannelSetup } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import { clientPath, createApi, type MatrixApi } from "./api.ts";
import type { MatrixOptions } from "./config.ts";
import { isObject } from "./event.ts";

export const setup: ChannelSetup = {
  steps: `1. Register an account for the bot on a homeserver, by hand in Element or with register_new_matrix_user.
2. Give it a display name there.
3. Have its password ready, or the access token of a session that nothing has used yet. A token copied from Element will
   not do: Element has made keys for its session already.`,
  questions: [
    { key: "homeserverUrl", label: "Address of the homeserver", help: "Such as https://matrix.example.org." },
    { key: "userId", label: "User id of the bot", help: 'Such as "@bot:example.org".' },
    {
      key: "password",
      label: "Password",
      help: "Used once, to log in. Empty where you have an access token instead.",
      secretName: "MATRIX_PASSWORD",
      isOptional: true,
    },
    {
      key: "accessToken",
      label: "Access token",
      help: "Of a new session that nothing has used yet. Empty where you gave a password.",
      secretName: "MATRIX_ACCESS_TOKEN",
      isOptional: true,
    },
    {
      key: "allowInvitesFrom",
      label: "Whose invitations to follow",
      help: "User ids and names of servers, with commas between: @ada:example.org, example.org.",
      kind: "list",
      isOptional: true,
    },
  ],
  /** A login would leave a session behind, so a password is not tried; that the account is there is. */
  async check(given, signal) {
    const options = given as MatrixOptions;
    const api = createApi({
      homeserverUrl: options.homeserverUrl,
      token: () => options.accessToken,
      now: Date.now,
    });
    const versions = await api.ask("/_matrix/client/versions", { signal });
    if (!versions.ok || !Array.isArray(versions.body["versions"]))
      throw new AppError("config-invalid", "There is no Matrix server at homeserverUrl.", {
        hint: "It is the address that clients use; https://<server>/.well-known/matrix/client names it.",
      });
    return options.accessToken === undefined
      ? checkPasswordAllowed(api, options, signal)
      : checkToken(api, options, signal);
  },
};

async function checkPasswordAllowed(api: MatrixApi, options: MatrixOptions, signal: AbortSignal): Promise<string> {
  const { flows } = await api.call(clientPath`/login`, { signal });
  const names = Array.isArray(flows) ? (flows as { type?: string }[]).map(({ type }) => type) : [];
  if (!names.includes("m.login.password"))
    throw new AppError("config-invalid", "This server allows no login by password.", { hint: "Set accessToken." });
  return `${options.userId}; the password is tried when the service starts, for a login leaves a session behind.`;
}

async function checkToken(api: MatrixApi, options: MatrixOptions, signal: AbortSignal): Promise<string> {
  const { user_id: userId, device_id: deviceId } = await api.call(clientPath`/account/whoami`, { signal });
  if (userId !== options.userId)
    throw new AppError("config-invalid", `accessToken belongs to ${String(userId)}, not to ${options.userId}.`);
  if (typeof deviceId !== "string")
    throw new AppError("config-invalid", "accessToken belongs to no session, so nothing could be encrypted.", {
      hint: "Take the token of a login, or set password.",
    });
  if (await hasKeys(api, options.userId, deviceId, signal))
    throw new AppError("config-invalid", `A program has made encryption keys for the session ${deviceId} already.`, {
      hint: "Set password, or take the token of a new session that nothing has used yet.",
    });
  return `${options.userId}, session ${deviceId}.`;
}

/** Keys of a session never leave the program that made them: with its token alone, encrypted rooms cannot be read. */
async function hasKeys(api: MatrixApi, userId: string, deviceId: string, signal: AbortSignal): Promise<boolean> {
  const body = { device_keys: { [userId]: [deviceId] } };
  const { device_keys: keys } = await api.call(clientPath`/keys/query`, { body, signal });
  const devices = isObject(keys) ? keys[userId] : undefined;
  return isObject(devices) && devices[deviceId] !== undefined;
}
