import type { BrokenEndpoint, Refusal } from "./broken-endpoints.ts";

/** Part of every secret below: must never be seen in a reason, an answer or a log. */
export const secretWord = "hush0123456789hush";
const hex = "0123456789abcdef0123456789abcdef";
const guid = "01234567-89ab-cdef-0123-456789abcdef";

type Options = Readonly<Record<string, unknown>>;

/**
 * Per platform: options that its schema takes, with the server that they name at the given place. Whoever adds a
 * platform adds it here.
 */
export const brokenChannels: Readonly<Record<string, (at: BrokenEndpoint) => Options>> = {
  // Has no server but ours.
  webchat: () => ({}),
  // Learns only by a reply that nobody takes it.
  webhook: ({ url }) => ({ token: secretWord, replyUrl: `${url}/replies?key=${secretWord}` }),
  telegram: ({ url }) => ({ token: `123456:${secretWord}`, apiRoot: url }),
  email: ({ host, port }) => {
    const account = { host, port, secure: "none", user: "ada", password: secretWord };
    return { address: "ada@example.org", imap: account, smtp: account };
  },
  irc: ({ host, port }) => ({ host, port, tls: false, nick: "parlance", password: secretWord, channels: ["#ops"] }),
  sms: ({ url }) => ({ accountSid: `AC${hex}`, authToken: secretWord, from: "+15550100100", apiUrl: url }),
  whatsapp: ({ url }) => ({
    graphUrl: `${url}/v25.0`,
    phoneNumberId: "100100",
    token: secretWord,
    appSecret: secretWord,
    verifyToken: secretWord,
  }),
  discord: ({ url }) => ({ token: `bot.${secretWord}`, restUrl: `${url}/api/v10` }),
  slack: ({ url }) => ({
    botToken: `xoxb-${secretWord}`,
    appToken: `xapp-${secretWord}`,
    slackApiUrl: `${url}/api/`,
  }),
  signal: ({ url }) => ({ rpcUrl: url, account: "+15550100100" }),
  teams: ({ url }) => ({
    appId: guid,
    appPassword: secretWord,
    tenantId: guid,
    loginUrl: url,
    openIdMetadataUrl: `${url}/openid`,
  }),
  matrix: ({ url }) => ({ homeserverUrl: url, userId: "@parlance:example.org", accessToken: secretWord }),
  imessage: ({ url }) => ({ serverUrl: url, password: secretWord }),
};

/** As above, for a platform's other transport, which has a server and a secret of its own. */
export const brokenTransports: Readonly<
  Record<string, { readonly platform: string; readonly options: (at: BrokenEndpoint) => Options }>
> = {
  "whatsapp by Twilio": {
    platform: "whatsapp",
    options: ({ url }) => ({
      transport: "twilio",
      accountSid: `AC${hex}`,
      authToken: secretWord,
      from: "+15550100100",
      apiUrl: url,
    }),
  },
};

/** Nothing of theirs is broken before somebody speaks to them. */
export const platformsWithoutServer: readonly string[] = ["webchat", "webhook"];

const twilioRefusal: Refusal = { status: 401, body: { code: 20_003, message: "Authenticate", status: 401 } };

/** How each platform's own server says that our token or password is no good. Who is not listed here has neither. */
export const refusals: Readonly<Record<string, Refusal>> = {
  "whatsapp by Twilio": twilioRefusal,
  telegram: { status: 401, body: { ok: false, error_code: 401, description: "Unauthorized" } },
  email: { greeting: "* OK ready\r\n", answer: refuseLogin },
  irc: { greeting: "", answer: refuseRegistration },
  sms: twilioRefusal,
  whatsapp: { status: 401, body: { error: { code: 190, type: "OAuthException", message: "Session has expired" } } },
  discord: { status: 401, body: { code: 0, message: "401: Unauthorized" } },
  slack: { status: 200, body: { ok: false, error: "token_revoked" } },
  teams: { status: 401, body: { error: "invalid_client", error_description: "AADSTS7000215: Invalid client secret." } },
  matrix: { status: 401, body: { errcode: "M_UNKNOWN_TOKEN", error: "Unknown access token" } },
  imessage: { status: 401, body: { status: 401, message: "Unauthorized", error: { type: "Authentication Error" } } },
};

function refuseLogin(line: string): string {
  const [tag = "*", command = ""] = line.split(" ");
  if (command.toUpperCase() === "CAPABILITY") return `* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n${tag} OK done\r\n`;
  if (/^(?:LOGIN|AUTHENTICATE)$/i.test(command)) return `${tag} NO [AUTHENTICATIONFAILED] Invalid credentials\r\n`;
  return `${tag} OK done\r\n`;
}

function refuseRegistration(line: string): string {
  if (line.startsWith("CAP LS")) return ":irc.example CAP * LS :\r\n";
  if (!line.startsWith("USER")) return "";
  return ":irc.example 464 * :Password incorrect\r\nERROR :Closing link\r\n";
}
