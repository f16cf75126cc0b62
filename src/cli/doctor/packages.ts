/** Packages that a platform, provider or engine loads on first use. A test holds this against the code. */
export const packagesOf: Readonly<Record<"channels" | "models", Readonly<Record<string, readonly string[]>>>> = {
  channels: {
    email: ["imapflow", "mailparser", "nodemailer"],
    irc: ["irc-framework"],
    matrix: ["@matrix-org/matrix-sdk-crypto-wasm"],
    slack: ["@slack/bolt"],
    sms: ["twilio"],
    whatsapp: ["twilio"],
    teams: ["botbuilder"],
  },
  models: {
    openai: ["@ai-sdk/openai"],
    anthropic: ["@ai-sdk/anthropic"],
    google: ["@ai-sdk/google"],
    azure: ["@ai-sdk/azure"],
    bedrock: ["@ai-sdk/amazon-bedrock"],
  },
};

/** Those of the packages that are not installed. */
export function findMissing(names: readonly string[] | undefined): string[] {
  return (names ?? []).filter((name) => {
    try {
      import.meta.resolve(name);
      return false;
    } catch {
      return true;
    }
  });
}
