import { parseArgs } from "node:util";
import { isUuid, maxTextChars } from "../../channels/webchat/protocol.ts";
import type { CliCommand } from "../cli.ts";
import { AppError } from "../core/errors.ts";
import { askOnce } from "./chat/ask-once.ts";
import { connectChat } from "./chat/connect.ts";
import { talk } from "./chat/talk.ts";
import { commonOptions, commonUsage, loadConfigOf, readPiped } from "./options.ts";
import { placeAt, placeOfService } from "./running.ts";

/** The web chat, in a terminal: one question when a text is given or piped in, otherwise a conversation. */
export const chat: CliCommand = {
  summary: "Talks to the running service here in the terminal.",
  usage: `chat [TEXT] [options]

  parlance chat                      a conversation; Tab completes commands, Ctrl-C stops an answer, Ctrl-D leaves
  parlance chat "What is up?"        one question, one answer
  echo "What is up?" | parlance chat

  --continue         goes on with the latest chat instead of a new one
  --chat ID          goes on with this chat
  --channel NAME     the web chat channel (default: the first one)
  --timeout SECONDS  how long one question waits for its answer (default: 600)
  --url URL          a service somewhere else
  --token TOKEN      its http.token
${commonUsage}`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        ...commonOptions,
        url: { type: "string" },
        token: { type: "string" },
        channel: { type: "string" },
        chat: { type: "string" },
        continue: { type: "boolean", default: false },
        timeout: { type: "string", default: "600" },
      },
      allowPositionals: true,
    });
    const timeoutMs = Number(values.timeout) * 1000;
    if (!(timeoutMs > 0 && timeoutMs <= 86_400_000))
      throw new AppError("bad-input", "--timeout must be a number of seconds.");
    if (values.chat !== undefined && !isUuid(values.chat))
      throw new AppError("bad-input", "--chat is not the id of a chat.", {
        hint: "It is shown when you leave a chat, and with --json.",
      });
    const { config } = await loadConfigOf(values);
    const configured = placeOfService(config);
    const place =
      values.url !== undefined
        ? placeAt(values.url, values.token, config)
        : configured && { ...configured, token: values.token ?? configured.token };
    if (place === undefined)
      throw new AppError(
        "bad-input",
        "http.port is 0 in the configuration, so only the service itself knows its port.",
        { hint: "Give its address with --url; the service printed it when it started." },
      );

    const isOneQuestion = positionals.length > 0 || !process.stdin.isTTY;
    const text =
      positionals.length > 0
        ? positionals.join(" ").trim()
        : isOneQuestion
          ? (await readPiped(maxTextChars)).trim()
          : "";
    if (isOneQuestion && text === "")
      throw new AppError("bad-input", "There is no text to send.", {
        hint: 'Such as: parlance chat "What is up?"',
      });
    if (text.length > maxTextChars)
      throw new AppError("too-large", `The text is longer than ${maxTextChars} characters.`);
    const connection = await connectChat(place, {
      channel: values.channel,
      chat: values.chat,
      isContinued: values.continue,
    });
    try {
      return isOneQuestion
        ? await askOnce(connection, { text, timeoutMs, isJson: values.json })
        : await talk(connection);
    } finally {
      connection.close();
    }
  },
};
