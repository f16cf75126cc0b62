import type { ChannelState } from "../../src/core/channel.ts";

const maxKept = 50;

/** Ids of our messages of whose send nobody knows the outcome: any word of WhatsApp's about one settles it. */
export interface Uncertain {
  note(outboundId: string): Promise<void>;
  has(outboundId: string): Promise<boolean>;
}

export function createUncertain(state: ChannelState): Uncertain {
  const load = async (): Promise<readonly string[]> =>
    JSON.parse((await state.get("uncertain")) ?? "[]") as readonly string[];
  return {
    async note(outboundId) {
      const kept = (await load()).filter((each) => each !== outboundId);
      await state.set("uncertain", JSON.stringify([...kept, outboundId].slice(-maxKept)));
    },
    has: async (outboundId) => (await load()).includes(outboundId),
  };
}
