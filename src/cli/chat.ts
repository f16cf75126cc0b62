import { parseArgs } from "node:util";
import { isUuid, maxTextChars } from "../../channels/webchat/protocol.ts";
import type { CliCommand } from "../cli.ts";
import { AppError } from "../core/errors.ts";
import { askAll, readLines } from "./chat/ask-lines.ts";
import { connectChat } from "./chat/connect.ts";
import { talk } from "./chat/talk.ts";
import { commonOptions, commonUsage, loadConfigOf, readPiped } from "./options.ts";
import { placeAt, placeOfService } from "./running.ts";

/** The web chat, in a terminal: one question when a text is given, one for each line piped in, otherwise a conversation. */
export const chat: CliCommand = {
  summary: "Talks to the running service here in the terminal.",
  usage: `chat [TEXT] [options]

  parlance chat                      a conversation; Tab completes commands, Ctrl-C stops an answer, Ctrl-D leaves
  parlance chat "What is up?"        one question, one answer
  parlance chat < questions.txt      one message for each line, each when the one before is answered
  git diff | parlance chat -         all that is piped in as one message

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

    const connect = () =>
      connectChat(place, { channel: values.channel, chat: values.chat, isContinued: values.continue });
    const said = positionals.join(" ").trim();
    if (positionals.length === 0 && process.stdin.isTTY) {
      const connection = await connect();
      return talk(connection).finally(() => connection.close());
    }
    const isWhole = said === "-";
    const text = isWhole ? (await readPiped(maxTextChars)).trim() : said;
    if (text.length > maxTextChars)
      throw new AppError("too-large", `The text is longer than ${maxTextChars} characters.`);
    const isByLine = positionals.length === 0;
    return askAll(connect, isByLine ? readLines(process.stdin) : [text].filter(Boolean), {
      timeoutMs,
      isJson: values.json,
      isOnOneLine: isByLine,
    });
  },
};
