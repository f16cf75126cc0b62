import type { ChannelSetup } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import { optionsSchema } from "./config.ts";
import { createTokens } from "./tokens.ts";

const steps = `
1. In <https://portal.azure.com>, create an **Azure Bot**: type of app **Single Tenant**, creation type **Create new
   Microsoft App ID**.
2. Under its **Configuration**, note **Microsoft App ID** and **App Tenant ID**, and set the **Messaging endpoint** to
   \`<http.publicUrl>/hooks/<name of the channel>\`.
3. **Manage Password** > **Certificates & secrets** > **New client secret**: copy its **Value** now, it is never shown
   again.
4. Under **Channels**, add **Microsoft Teams**.
5. Make the app package from the manifest in \`channels/teams/README.md\`, and upload it in Teams: **Apps** > **Manage
   your apps** > **Upload an app**. Without that entry, an administrator has to allow it or to upload it.
6. Open the app, choose **Add**, and write to it.
`;

export const setup: ChannelSetup = {
  steps: steps.trim(),
  questions: [
    { key: "appId", label: "Microsoft App ID", help: "Of the Azure Bot, under Configuration: a GUID." },
    {
      key: "appPassword",
      label: "Client secret",
      help: "Its value, not its id. It is shown once, when it is made.",
      secretName: "TEAMS_APP_PASSWORD",
    },
    {
      key: "tenantId",
      label: "App Tenant ID",
      help: "Under Configuration, too. Leave it empty for a multi-tenant bot; new bots are single-tenant.",
      isOptional: true,
    },
  ],
  async check(given, signal) {
    const parsed = optionsSchema.safeParse(given);
    if (!parsed.success)
      throw new AppError(
        "config-invalid",
        parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; "),
      );
    const { appId, tenantId } = parsed.data;
    if (appId === undefined) return "the Agents Playground on this machine, where nobody's identity is checked";
    const token = (await createTokens(parsed.data, Date.now).get(signal)) ?? "";
    return `${pickName(token) ?? appId}${tenantId === undefined ? "" : ` in the tenant ${tenantId}`}`;
  },
};

/** The display name of the app, where the token has it. Only for showing: nothing is proven by it. */
function pickName(token: string): string | undefined {
  try {
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as {
      app_displayname?: unknown;
    };
    return typeof claims.app_displayname === "string" ? claims.app_displayname : undefined;
  } catch {
    return undefined;
  }
}
