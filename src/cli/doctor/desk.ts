import { platforms } from "../../../channels/index.ts";
import type { LoadedConfig } from "../../../config/load.ts";
import type { Config } from "../../../config/schema.ts";
import { loadDeskStanding, type DeskStanding } from "../../desk-standing.ts";
import { formatTime } from "../print.ts";
import type { Finding } from "./finding.ts";

/** What is done in the owner's name, and whether it can be: who is told, what is watched, in whose manner, and when. */
export async function checkDesk(loaded: LoadedConfig): Promise<Finding[]> {
  const { config } = loaded;
  const standing = await loadDeskStanding(loaded, Date.now());
  const isWatching = listWatched(config).length > 0;
  return [
    checkWatched(config),
    ...(isWatching || standing.digests.length > 0 ? [await checkOwner(config)] : []),
    ...(isWatching || standing.messages > 0 ? [checkManner(standing)] : []),
    ...(standing.digests.length > 0 ? [checkDigests(standing)] : []),
  ];
}

const idHint = 'Name an account of yours: owner: { ids: ["telegram:42"] }. /whoami, sent to the bot, shows it.';

/** Can the owner be written to, for drafts, questions and digests? */
async function checkOwner({ owner, channels }: Config): Promise<Finding> {
  const name = "owner";
  for (const id of owner.ids) {
    const channel = channels[id.slice(0, id.indexOf(":"))];
    if (channel === undefined || channel.mode === "off" || channel.mode === "listen") continue;
    const traits = (await platforms[channel.platform]?.traits())?.traits;
    if (traits?.direct === true)
      return { name, state: "ok", detail: `is told of drafts, questions and digests as ${id}` };
  }
  const why =
    owner.ids.length === 0
      ? "owner.ids names no account"
      : "no account of owner.ids is on a channel that is on, may write, and can write first";
  const page = Object.entries(channels).find(([, { platform, mode }]) => platform === "webchat" && mode !== "off");
  return {
    name,
    state: "warning",
    detail:
      page === undefined
        ? `cannot be told of drafts, questions and digests: ${why}`
        : `is told of drafts, questions and digests on the page (${page[0]}) only: ${why}`,
    hint: idHint,
  };
}

/** Channels on which messages to the owner are judged. */
function listWatched({ channels }: Config) {
  return Object.entries(channels).filter(
    ([, { mode, reply }]) => mode === "listen" || (mode !== "off" && reply !== undefined),
  );
}

const actions = {
  off: "what comes is kept, and told in digests",
  draft: "answers are drafted and wait for you",
  approve: "answers are drafted, and you are asked at once",
  auto: "low and normal messages are answered in your name, for the others you are asked",
} as const;

function checkWatched(config: Config): Finding {
  const name = "watching";
  const watched = listWatched(config);
  if (watched.length === 0)
    return {
      name,
      state: "skipped",
      detail: "no channel is watched for you: only what is said to the bot is answered",
      hint: "`reply` of a channel says what is done with messages to you.",
    };
  const first = watched.find(
    ([, { mode, reply }]) => mode === "listen" && ["approve", "auto"].includes(actionOf(reply)),
  );
  const lines = watched.map(([channel, { mode, reply }]) => {
    const action = mode === "listen" && actionOf(reply) !== "off" ? "draft" : actionOf(reply);
    return `${channel}: ${actions[action]}${reply?.quietHours === undefined ? "" : `; quiet from ${reply.quietHours.replace("-", " to ")}`}`;
  });
  return {
    name,
    state: first === undefined ? "ok" : "warning",
    detail: lines.join("\n"),
    ...(first === undefined
      ? {}
      : {
          hint: `${first[0]} has reply.action ${actionOf(first[1].reply)}, but in mode listen answers are only drafted: set mode to mention, or reply.action to draft.`,
        }),
  };
}

/** As src/pipeline/policy.ts has it. */
function actionOf(reply: Config["channels"][string]["reply"]): keyof typeof actions {
  return reply === undefined ? "off" : (reply.action ?? "draft");
}

function checkManner({ messages, needed, hasConsent, isKnown }: DeskStanding): Finding {
  const name = "manner";
  const learning = hasConsent ? "" : "; nothing is learned from what you write now, you have not agreed to that";
  if (isKnown)
    return { name, state: "ok", detail: `drafts are written as you write, known from ${messages} messages${learning}` };
  return {
    name,
    state: "warning",
    detail: `drafts are not written as you write yet: ${Math.min(messages, needed)} of ${needed} messages of yours are known${learning}`,
    hint: 'Read some with "parlance style import", or let it learn: /style learn on, in a chat with the bot.',
  };
}

function checkDigests({ digests }: DeskStanding): Finding {
  const name = "digests";
  const never = digests.filter(({ at }) => at === undefined).map((digest) => digest.name);
  if (never.length > 0)
    return {
      name,
      state: "broken",
      detail: `never due: ${never.join(", ")}`,
      hint: "Mend `when`: hourly, daily 08:00, weekly mon 08:00, or a cron pattern.",
    };
  const lines = digests.map((digest) => `${digest.name}: next at ${formatTime(digest.at ?? 0)}, to ${digest.to}`);
  return { name, state: "ok", detail: lines.join("\n") };
}
