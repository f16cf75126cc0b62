const mark = "[redacted]";
const shortestSecret = 6; // shorter ones would blacken ordinary words

// Each names what it finds. A group named "keep" stays readable. All run in linear time.
const patterns: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /(?<keep>\bbot)\d{5,}:[\w-]{20,}/g, // Telegram, as in api.telegram.org/bot<token>/
  /\b\d{6,}:[\w-]{30,}/g, // Telegram, alone
  /\b(?:sk|pk|rk)[-_](?:[a-zA-Z]+[-_])*[\w-]{16,}/g, // OpenAI, Anthropic, Stripe
  /\bxox[a-z]-[\w-]{8,}/g, // Slack
  /\bxapp-[\w-]{8,}/g,
  /(?<keep>hooks\.slack\.com\/(?:services|workflows)\/)[\w/-]+/g,
  /(?<keep>\/api\/(?:v\d+\/)?webhooks\/\d+\/)[\w-]+/g, // Discord
  /\b[MNO][\w-]{23,27}\.[\w-]{6,7}\.[\w-]{27,}/g, // Discord bot token
  /\b(?:ghp|gho|ghu|ghs|ghr)_\w{20,}/g,
  /\bgithub_pat_\w{20,}/g,
  /\bglpat-[\w-]{16,}/g,
  /\b(?:syt|mct)_[\w-]{8,}/g, // Matrix
  /\bAIza[\w-]{30,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bhf_[a-zA-Z0-9]{20,}/g,
  /\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?/g, // JSON web tokens
  /(?<keep>\b(?:Bearer|Basic)\s+)[\w.~+/=-]{8,}/gi,
  /(?<keep>:\/\/[^\s/:@]{0,200}:)[^\s/@]{1,500}(?=@)/g, // password in a URL
  /(?<keep>[?&;](?:access_|refresh_|id_|api_?|auth_)?(?:token|key|secret|password|passwd|pwd|signature|sig|code|hapikey)=)[^&\s"'#]+/gi,
];

/**
 * Replaces secrets by "[redacted]": the ones we know (also URL-encoded or in base 64) and what looks like a token.
 * For logs and errors; not a promise that nothing unknown remains.
 */
export function redactSecrets(text: string, knownSecrets: readonly string[]): string {
  const known = knownSecrets
    .filter((secret) => secret.length >= shortestSecret)
    .toSorted((a, b) => b.length - a.length);
  let result = text;
  for (const secret of known) {
    const base64 = Buffer.from(secret, "utf8").toString("base64").replace(/=+$/, "");
    for (const form of new Set([secret, encodeURIComponent(secret.toWellFormed()), base64])) {
      result = result.replaceAll(form, mark);
    }
  }
  for (const pattern of patterns) {
    result = result.replace(pattern, (...match: readonly unknown[]) => {
      const groups = match.at(-1);
      return hasKeep(groups) ? groups.keep + mark : mark;
    });
  }
  return result;
}

function hasKeep(groups: unknown): groups is { readonly keep: string } {
  return typeof groups === "object" && groups !== null && "keep" in groups && typeof groups.keep === "string";
}

const secretKeys = [
  "token",
  "accessToken",
  "refreshToken",
  "botToken",
  "appToken",
  "apiKey",
  "password",
  "secret",
  "signingSecret",
  "clientSecret",
  "authorization",
  "cookie",
];

/** Paths for pino's `redact`: secrets by name, as deep as our log fields go. Text inside fields needs redactSecrets. */
export const logRedactPaths: readonly string[] = [
  ...secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`, `*.*.*.${key}`]),
  `*["set-cookie"]`,
  `*.*["set-cookie"]`,
  `*["x-api-key"]`,
  `*.*["x-api-key"]`,
];
