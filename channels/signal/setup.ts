import type { ChannelSetup } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import { optionsSchema } from "./config.ts";
import { loadIdentity } from "./identity.ts";
import { callRpc, checkDaemon } from "./rpc.ts";

const steps = `
1. Install signal-cli, 0.13.12 or newer: <https://github.com/AsamK/signal-cli/releases>.
2. Give it a number of its own: \`signal-cli -a +15550100100 register\`, then \`signal-cli -a +15550100100 verify CODE\`.
   Where it asks for a captcha, solve it at <https://signalcaptchas.org/registration/generate.html> and add \`--captcha\`.
3. Give it a name, or people see none: \`signal-cli -a +15550100100 updateProfile --given-name Parlance\`.
4. Start the daemon: \`signal-cli daemon --http=127.0.0.1:8080 --receive-mode=on-connection --no-receive-stdout\`.
`;

export const setup: ChannelSetup = {
  steps: steps.trim(),
  questions: [
    { key: "rpcUrl", label: "Address of the daemon", default: "http://127.0.0.1:8080" },
    { key: "account", label: "Account", help: 'Its number, such as "+15550100100", or its ACI.' },
  ],
  async check(given, signal) {
    const parsed = optionsSchema.safeParse(given);
    if (!parsed.success)
      throw new AppError(
        "config-invalid",
        parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; "),
      );
    const api = parsed.data;
    await checkDaemon(api.rpcUrl, signal);
    const { version = "of unknown version" } = await callRpc<{ version?: string }>(
      api,
      "version",
      {},
      { effect: "read", signal, timeoutMs: 10_000 },
    );
    const kept = new Map<string, string>();
    const state = {
      get: async (key: string) => kept.get(key),
      set: async (key: string, value: string) => void kept.set(key, value),
    };
    const { aci } = await loadIdentity(api, state, signal);
    return `${api.account} (${aci}) by signal-cli ${version}.`;
  },
};
