import type { ChannelSetup } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import { callBlue } from "./api.ts";
import { openChatDb } from "./chat-db.ts";
import { isBlueBubbles, optionsSchema, type BlueBubblesOptions } from "./config.ts";

const steps = `
1. Sign in to Messages on a Mac that stays on, with an Apple account of its own.
2. Install BlueBubbles Server there (<https://bluebubbles.app>), give it Full Disk Access, and choose a password and the
   proxy "LAN URL". Its address is shown under Home as Server URL.
3. Replies, tapbacks, edits and the typing sign need its Private API:
   <https://docs.bluebubbles.app/private-api/installation>.
4. Parlance on that very Mac needs no BlueBubbles: choose \`osascript\`, and give the program that runs it Full Disk
   Access and the right to control Messages.
`;

export const setup: ChannelSetup = {
  steps: steps.trim(),
  questions: [
    { key: "transport", label: "bluebubbles or osascript", default: "bluebubbles" },
    {
      key: "serverUrl",
      label: "Address of the BlueBubbles server",
      help: "http://mac.example.org:1234",
      isOptional: true,
    },
    {
      key: "password",
      label: "Password of the BlueBubbles server",
      secretName: "BLUEBUBBLES_PASSWORD",
      isOptional: true,
    },
    { key: "privateApi", label: "Is its Private API on", kind: "boolean", default: "false", isOptional: true },
    {
      key: "webhookSecret",
      label: "Secret for the hook",
      help: "Make one up: 16 letters or more. Without it messages are looked up every 30 seconds.",
      secretName: "IMESSAGE_WEBHOOK_SECRET",
      isOptional: true,
    },
    { key: "names", label: "Names in groups", help: 'Such as "parlance".', kind: "list", isOptional: true },
  ],
  async check(given, signal) {
    const parsed = optionsSchema.safeParse(given);
    if (!parsed.success)
      throw new AppError(
        "config-invalid",
        parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; "),
      );
    const options = parsed.data;
    if (isBlueBubbles(options)) return checkServer(options, signal);
    const db = await openChatDb(options.chatDb);
    const last = db.lastRow();
    db.close();
    return `This Mac, with ${last} messages so far.`;
  },
};

async function checkServer(options: BlueBubblesOptions, signal: AbortSignal): Promise<string> {
  const info =
    (await callBlue<
      { os_version?: string; server_version?: string; private_api?: boolean; helper_connected?: boolean } | undefined
    >(options, "/api/v1/server/info", { effect: "read", method: "GET", signal })) ?? {};
  const isOn = info.private_api === true && info.helper_connected === true;
  if (options.privateApi && !isOn)
    throw new AppError("config-invalid", "The Private API of BlueBubbles is not at work.", {
      hint: "Look at Private API in the BlueBubbles server, or answer no to it.",
    });
  const what = isOn ? "the Private API" : "texts and files only";
  return `BlueBubbles ${info.server_version ?? "of unknown version"} on macOS ${info.os_version ?? "?"}, with ${what}.`;
}
