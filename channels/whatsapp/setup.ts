import type { ChannelSetup } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import { callTwilio } from "../_shared/twilio-api.ts";
import { isCloud, isTwilio, optionsSchema } from "./config.ts";
import { callGraph } from "./graph.ts";

const steps = `
By Meta's Cloud API:

1. At <https://developers.facebook.com/apps> create an app of the use case **Connect with customers through WhatsApp**.
   Under **WhatsApp > API Setup** note the **Phone number ID**.
2. Under **App settings > Basic** copy the **App secret**.
3. In Business settings, under **System users**, add one with the role Admin, give it the app and the WhatsApp account
   as assets, and generate a token that never expires with \`whatsapp_business_messaging\` and
   \`whatsapp_business_management\`.
4. With this token, subscribe the app to the WhatsApp account, and register a number of your own: the two calls in step
   6 of \`channels/whatsapp/README.md\`. Without them no message arrives.
5. Choose a verify token of your own: any words.
6. When Parlance runs: under **WhatsApp > Configuration** set the callback URL to \`<http.publicUrl>/hooks/<name of the
   channel>\` and the verify token, subscribe to the field **messages**, and publish the app.

By Twilio (answer "twilio" below, and leave out what is Meta's):

1. In the [Twilio Console](https://console.twilio.com), take the sandbox, **Messaging > Try it out > Send a WhatsApp
   message**, or a sender of your own, **Messaging > Senders > WhatsApp senders**.
2. There set "When a message comes in" to \`<http.publicUrl>/hooks/<name of the channel>\`, **HTTP POST**.
`;

export const setup: ChannelSetup = {
  steps: steps.trim(),
  questions: [
    { key: "transport", label: "cloud (Meta's Cloud API) or twilio", default: "cloud" },
    {
      key: "phoneNumberId",
      label: "cloud: Phone number ID",
      help: "Under WhatsApp > API Setup. It is not the phone number.",
      isOptional: true,
    },
    {
      key: "token",
      label: "cloud: Access token",
      help: "Of the system user.",
      secretName: "WHATSAPP_TOKEN",
      isOptional: true,
    },
    {
      key: "appSecret",
      label: "cloud: App secret",
      help: "Under App settings > Basic.",
      secretName: "WHATSAPP_APP_SECRET",
      isOptional: true,
    },
    {
      key: "verifyToken",
      label: "cloud: Verify token",
      help: "Your own words, at least 8 letters.",
      secretName: "WHATSAPP_VERIFY_TOKEN",
      isOptional: true,
    },
    {
      key: "template.name",
      label: "cloud: Template for people who have not written for 24 hours",
      help: "An approved one with one variable, such as parlance_note. Without it they cannot be written to.",
      isOptional: true,
    },
    {
      key: "accountSid",
      label: "twilio: Account SID",
      help: 'Starts with "AC"; in the Twilio Console.',
      isOptional: true,
    },
    {
      key: "authToken",
      label: "twilio: Auth token",
      help: "Beside the Account SID.",
      secretName: "TWILIO_AUTH_TOKEN",
      isOptional: true,
    },
    {
      key: "from",
      label: "twilio: Our number",
      help: 'The WhatsApp sender, such as "+14155238886", without "whatsapp:".',
      isOptional: true,
    },
    {
      key: "template.contentSid",
      label: "twilio: Template for people who have not written for 24 hours",
      help: 'Its "HX…", from the Content Template Builder. Without it they cannot be written to.',
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
    const options = parsed.data;
    if (isTwilio(options)) {
      const account = (await callTwilio(options, ".json", { effect: "read", signal })) as { friendly_name?: string };
      return `${options.from} of ${account.friendly_name ?? options.accountSid} at Twilio`;
    }
    if (!isCloud(options)) throw new AppError("config-invalid", "WhatsApp needs the keys of its transport.");
    const path = `/${options.phoneNumberId}?fields=display_phone_number,verified_name,quality_rating`;
    const number = (await callGraph(options, path, { effect: "read", signal })) as {
      display_phone_number?: string;
      verified_name?: string;
    };
    if (number.display_phone_number === undefined)
      throw new AppError("bad-input", "phoneNumberId is not the id of a phone number.", {
        hint: "Copy the Phone number ID under WhatsApp > API Setup; it is neither the number nor the account's id.",
      });
    return `${number.display_phone_number} (${number.verified_name ?? "without a name"})`;
  },
};
