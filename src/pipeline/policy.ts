import type { Priority } from "../cdc/classification.ts";
import type { ReplyAction } from "../cdc/decide-action.ts";
import type { ChannelMode } from "../cdc/decide.ts";
import { parseTimeOfDay } from "../cdc/quiet-hours.ts";

/** How one configured channel treats people and messages. */
export interface ChannelPolicy {
  readonly name: string;
  readonly platform: string;
  readonly mode: ChannelMode;
  readonly access: "pairing" | "allow" | "open";
  /** Person ids let in as members. */
  readonly allow: readonly string[];
  readonly persona?: string;
  /** What a message does that arrives while a turn runs. */
  readonly midTurn: "collect" | "steer" | "interrupt";
  /** What happens to a send of which nobody can tell whether it arrived. */
  readonly onUncertain: "ask" | "resend" | "drop";
  /** Sender ids can be forged here: nobody is more than a guest. */
  readonly forgeableSenders: boolean;
  /** Absent: only what is said to the bot is answered; the rest is kept, and told in digests. */
  readonly reply?: ReplyPolicy;
}

/** What is done in the owner's name with messages to the owner. */
export interface ReplyPolicy {
  readonly action: ReplyAction;
  /** Minutes since midnight in the owner's time zone; over midnight where the first is later. */
  readonly quiet?: { readonly fromMinutes: number; readonly toMinutes: number };
  readonly perSenderPerHour?: number;
  /** From this priority on the owner is told. */
  readonly escalateFrom: Priority;
}

type ChannelSettings = Omit<ChannelPolicy, "name" | "persona" | "forgeableSenders" | "reply"> & {
  readonly persona?: string;
  readonly reply?: {
    readonly action?: ReplyAction;
    readonly quietHours?: string;
    readonly perSenderPerHour?: number;
    readonly escalateFrom?: Priority;
  };
};

/** The policy that a channel's configuration asks for. */
export function toPolicy(name: string, channel: ChannelSettings): ChannelPolicy {
  const { platform, mode, access, allow, persona, midTurn, onUncertain, reply } = channel;
  const isForgeable = platform === "email"; // its From line proves nothing
  return {
    name,
    platform,
    mode,
    access,
    allow,
    midTurn,
    onUncertain,
    forgeableSenders: isForgeable,
    ...(persona === undefined ? {} : { persona }),
    ...(reply === undefined ? {} : { reply: toReplyPolicy(reply) }),
  };
}

function toReplyPolicy(reply: NonNullable<ChannelSettings["reply"]>): ReplyPolicy {
  const { action = "draft", quietHours, perSenderPerHour, escalateFrom = "high" } = reply;
  const [fromMinutes, toMinutes] = quietHours?.split("-").map(parseTimeOfDay) ?? [];
  return {
    action,
    escalateFrom,
    ...(fromMinutes === undefined || toMinutes === undefined ? {} : { quiet: { fromMinutes, toMinutes } }),
    ...(perSenderPerHour === undefined ? {} : { perSenderPerHour }),
  };
}
