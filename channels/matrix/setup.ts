import type { ChannelSetup } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import { clientPath, createApi } from "./api.ts";
import type { MatrixOptions } from "./config.ts";

export const setup: ChannelSetup = {
  steps: `1. Register an account for the bot on a homeserver, by hand in Element or with register_new_matrix_user.
2. Give it a display name there, and close every other session of it.
3. Have its password ready, or the access token of a session that nothing else uses.`,
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
      help: "Of a session of its own. Empty where you gave a password.",
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
    if (options.accessToken === undefined) {
      const flows = await api.call(clientPath`/login`, { signal });
      const names = Array.isArray(flows["flows"])
        ? (flows["flows"] as { type?: string }[]).map(({ type }) => type)
        : [];
      if (!names.includes("m.login.password"))
        throw new AppError("config-invalid", "This server allows no login by password.", { hint: "Set accessToken." });
      return `${options.userId}; the password is tried when the service starts, for a login leaves a session behind.`;
    }
    const { user_id: userId, device_id: deviceId } = await api.call(clientPath`/account/whoami`, { signal });
    if (userId !== options.userId)
      throw new AppError("config-invalid", `accessToken belongs to ${String(userId)}, not to ${options.userId}.`);
    return `${String(userId)}, session ${String(deviceId)}.`;
  },
};
