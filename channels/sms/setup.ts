import { AppError } from "../../src/core/errors.ts";
import type { ChannelSetup } from "../../src/core/channel.ts";
import { callTwilio } from "../_shared/twilio-api.ts";
import { optionsSchema, type SmsOptions } from "./config.ts";
import { pickCost } from "./price.ts";
import { countSegments } from "./segments.ts";

const steps = `
1. Sign up at <https://www.twilio.com/try-twilio>, and upgrade the account: a trial account can only send Twilio's own
   sample texts. The Console shows **Account SID** and **Auth Token**.
2. Buy a number that can do SMS: Products & services > Numbers & senders. In the United States register it first
   (A2P 10DLC, or toll-free verification), or the carriers drop what it sends.
3. On the number's page, under **Configuration details** > **Messaging**, set **Webhook**, **HTTP POST**, and the address
   of this channel's hook: \`<http.publicUrl>/hooks/<name of the channel>\`. Without a public address leave it out:
   messages are then looked up every \`pollSeconds\`.
`;

export const setup: ChannelSetup = {
  steps: steps.trim(),
  questions: [
    { key: "accountSid", label: "Account SID", help: 'Starts with "AC"; in the Twilio Console.' },
    { key: "authToken", label: "Auth token", help: "Beside the Account SID.", secretName: "TWILIO_AUTH_TOKEN" },
    {
      key: "from",
      label: "Our number",
      help: 'Such as "+15551234567". Leave it empty to use a Messaging Service.',
      isOptional: true,
    },
    { key: "messagingServiceSid", label: "Messaging Service SID", help: 'Starts with "MG".', isOptional: true },
    {
      key: "segmentPrice",
      label: "Price of a segment",
      help: "Such as 0.0083 USD, from https://www.twilio.com/en-us/sms/pricing; the log then says what each reply cost.",
      isOptional: true,
    },
    { key: "maxSegments", label: "Most segments of a reply", default: "10", kind: "number", isOptional: true },
  ],
  async check(given, signal) {
    const parsed = optionsSchema.safeParse(given);
    if (!parsed.success)
      throw new AppError(
        "config-invalid",
        parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; "),
      );
    const options = parsed.data;
    const account = (await callTwilio(options, ".json", { effect: "read", signal })) as {
      friendly_name?: string;
      status?: string;
      type?: string;
    };
    if (account.status !== undefined && account.status !== "active")
      throw new AppError("forbidden", `The Twilio account is ${account.status}.`);
    if (account.type === "Trial")
      throw new AppError("forbidden", "This is a trial account: it can only send Twilio's own sample texts.", {
        hint: "Upgrade the account in the Twilio Console.",
      });
    if (options.from?.startsWith("+") === true) await checkNumber(options, options.from, signal);
    const who = options.from ?? `the Messaging Service ${options.messagingServiceSid}`;
    return `${who} (${account.friendly_name ?? options.accountSid}). ${describeCost(options)}`;
  },
};

async function checkNumber(options: SmsOptions, number: string, signal: AbortSignal): Promise<void> {
  const path = `/IncomingPhoneNumbers.json?${new URLSearchParams({ PhoneNumber: number }).toString()}`;
  const { incoming_phone_numbers: numbers = [] } = (await callTwilio(options, path, { effect: "read", signal })) as {
    incoming_phone_numbers?: readonly { capabilities?: { sms?: boolean } }[];
  };
  if (numbers.length === 0) throw new AppError("not-found", `The number ${number} does not belong to this account.`);
  if (numbers[0]?.capabilities?.sms === false)
    throw new AppError("unsupported", `The number ${number} cannot do SMS.`, { hint: "Buy one that can." });
}

/** What a reply costs, on examples. */
function describeCost({ segmentPrice, maxSegments }: SmsOptions): string {
  const cost = (segments: number): string => {
    const price = pickCost(segments, segmentPrice);
    return price === undefined ? "" : ` (${price.amount.toFixed(4)} ${price.currency})`;
  };
  const examples = ["x".repeat(160), "x".repeat(500), `${"x".repeat(499)}\u{1f642}`];
  const [short, long, emoji] = examples.map((text) => {
    const { segments } = countSegments(text);
    return `${segments}${cost(segments)}`;
  });
  return `Segments: 160 letters take ${short}, 500 letters ${long}, 500 with an emoji ${emoji}; a reply at most ${maxSegments}${cost(maxSegments)}.`;
}
