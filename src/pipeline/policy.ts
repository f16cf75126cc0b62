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

/** The policy that a channel's configuration asks for. */
export function toPolicy(
  name: string,
  channel: Omit<ChannelPolicy, "name" | "persona" | "forgeableSenders"> & { readonly persona?: string },
): ChannelPolicy {
  const { platform, mode, access, allow, persona, midTurn, onUncertain } = channel;
  const isForgeable = platform === "email"; // its From line proves nothing
  const own = persona === undefined ? {} : { persona };
  return { name, platform, mode, access, allow, midTurn, onUncertain, forgeableSenders: isForgeable, ...own };
}
