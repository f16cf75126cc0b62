import type { ChannelMode } from "../cdc/decide.ts";

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
}
