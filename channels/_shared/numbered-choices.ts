import type { ChannelState } from "../../src/core/channel.ts";
import type { Choice } from "../../src/core/message.ts";

/** How long a number counts as an answer. */
const validMs = 24 * 3_600_000;
const maxChoices = 50;

/** "1. Approve (/approve 3f9a)" and so on, for platforms without buttons. Empty without choices. */
export function formatChoices(choices: readonly Choice[]): string {
  if (choices.length === 0) return "";
  const lines = choices.map(({ label, command }, index) => `${index + 1}. ${label} (${command})`);
  return ["Reply with a number:", ...lines].join("\n");
}

/**
 * The list of choices that is open in each chat: the one in our last message there, for a day. A list is closed before
 * anything else is sent, so that a number is never taken for the answer to a question that it does not follow.
 */
export interface NumberedChoices {
  /** Call it before anything is sent. */
  close(chat: string): Promise<void>;
  /** Call it once the message with the choices has gone out. */
  open(chat: string, choices: readonly Choice[]): Promise<void>;
  /** The command of the number that somebody wrote; undefined when it is no number of an open list. */
  pick(chat: string, text: string): Promise<string | undefined>;
}

export function createNumberedChoices(state: ChannelState, now: () => number): NumberedChoices {
  const keyOf = (chat: string): string => `choices:${chat}`;
  return {
    async close(chat) {
      const open = await state.get(keyOf(chat));
      if (open !== undefined && open !== "") await state.set(keyOf(chat), "");
    },
    async open(chat, choices) {
      if (choices.length === 0) return;
      const commands = choices.slice(0, maxChoices).map(({ command }) => command.slice(0, 1_000));
      await state.set(keyOf(chat), JSON.stringify({ at: now(), commands }));
    },
    async pick(chat, text) {
      const [, number] = /^\s*(\d{1,2})\s*[.)]?\s*$/.exec(text) ?? [];
      if (number === undefined) return undefined;
      const open = await state.get(keyOf(chat));
      if (open === undefined || open === "") return undefined;
      const { at, commands } = JSON.parse(open) as { at: number; commands: readonly string[] };
      return now() - at > validMs ? undefined : commands[Number(number) - 1];
    },
  };
}
