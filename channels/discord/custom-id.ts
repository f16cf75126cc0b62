import { createHash } from "node:crypto";
import type { ChannelState } from "../../src/core/channel.ts";
import type { Choice } from "../../src/core/message.ts";

/** Largest custom_id of a component. */
const maxLength = 100;
const long = "long:";

/**
 * What a button carries: the command itself, or its digest where it is too long. The number keeps buttons of one
 * message apart that do the same.
 */
export function encodeCommand(command: string, index: number): string {
  const short = `${index}|${command}`;
  return short.length <= maxLength && !command.startsWith(long) ? short : `${index}|${long}${digest(command)}`;
}

/** Keeps the commands that buttons can only name. Nothing is written for short ones. */
export async function keepLongCommands(choices: readonly Choice[], state: ChannelState): Promise<void> {
  for (const [index, { command }] of choices.entries()) {
    if (encodeCommand(command, index) !== `${index}|${command}`) await state.set(`command/${digest(command)}`, command);
  }
}

/** The command behind a press; undefined when it is not known here. */
export async function loadCommand(customId: string, state: ChannelState): Promise<string | undefined> {
  const command = /^\d+\|(.+)$/s.exec(customId)?.[1];
  if (command === undefined || !command.startsWith(long)) return command;
  return state.get(`command/${command.slice(long.length)}`);
}

function digest(command: string): string {
  return createHash("sha256").update(command).digest("base64url");
}
