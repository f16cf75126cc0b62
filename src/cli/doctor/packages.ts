/** Packages that a platform, provider or engine loads on first use. A test holds this against the code. */
export const packagesOf: Readonly<Record<"channels" | "models", Readonly<Record<string, readonly string[]>>>> = {
  channels: {
    email: ["imapflow", "mailparser", "nodemailer"],
    irc: ["irc-framework"],
    matrix: ["@matrix-org/matrix-sdk-crypto-wasm"],
    slack: ["@slack/socket-mode"],
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
    llama: ["node-llama-cpp"],
  },
};

/** Platforms that can be reached without their package, and when they are. */
const reachedWithout: Readonly<Record<string, (options: Readonly<Record<string, unknown>>) => boolean>> = {
  slack: ({ appToken }) => appToken === undefined,
  whatsapp: ({ transport }) => transport !== "twilio",
};

/** The packages that a channel with these keys loads. */
export function listChannelPackages(
  channel: Readonly<Record<string, unknown>> & { readonly platform: string },
): readonly string[] {
  const { platform } = channel;
  return reachedWithout[platform]?.(channel) === true ? [] : (packagesOf.channels[platform] ?? []);
}

/** What everything that turns texts into vectors on this machine loads. */
export const embeddingPackages: readonly string[] = ["onnxruntime-node", "@huggingface/tokenizers"];

/** What talking to other programs' tools loads. */
export const mcpPackages: readonly string[] = ["@modelcontextprotocol/client"];

/** What running plugins loads. */
export const pluginPackages: readonly string[] = ["@extism/extism"];

/** Those of the packages that are not installed. */
export function findMissing(names: readonly string[]): string[] {
  return names.filter((name) => {
    try {
      import.meta.resolve(name);
      return false;
    } catch {
      return true;
    }
  });
}
