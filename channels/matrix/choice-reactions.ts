import type { ChannelState } from "../../src/core/channel.ts";
import type { Choice } from "../../src/core/message.ts";
import { createBoundedList } from "../_shared/bounded-list.ts";

/** Put under a question by us, so that one click answers it. */
export const keycaps = ["1️⃣", "2️⃣", "3️⃣", "4️⃣", "5️⃣"] as const;

/** Questions that can be answered by a reaction with a number. */
export interface ChoiceReactions {
  note(eventId: string, choices: readonly Choice[]): Promise<void>;
  /** The command that the emoji stands for on this message of ours. */
  pick(eventId: string, emoji: string): Promise<string | undefined>;
}

interface Question {
  readonly id: string;
  readonly commands: readonly string[];
}

export function createChoiceReactions(state: ChannelState): ChoiceReactions {
  const questions = createBoundedList<Question>(state, "questions", 40, ({ id }) => id);
  return {
    async note(id, choices) {
      if (choices.length === 0) return;
      const commands = choices.slice(0, keycaps.length).map(({ command }) => command.slice(0, 200));
      await questions.put({ id, commands });
    },
    async pick(eventId, emoji) {
      const index = keycaps.findIndex((keycap) => bare(keycap) === bare(emoji));
      if (index === -1) return undefined;
      return (await questions.load()).find(({ id }) => id === eventId)?.commands[index];
    },
  };
}

function bare(emoji: string): string {
  return emoji.replaceAll("\u{fe0f}", "");
}
