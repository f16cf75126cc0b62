import { createHash } from "node:crypto";
import type { ChannelState } from "../../src/core/channel.ts";
import type { Choice } from "../../src/core/message.ts";
import { maxCallbackBytes } from "./format.ts";

const prefix = "long:";

/** What a button carries: the command itself, or its digest where the command is longer than a button can carry. */
export function encodeCommand(command: string): string {
  if (Buffer.byteLength(command) <= maxCallbackBytes && !command.startsWith(prefix)) return command;
  return prefix + createHash("sha256").update(command).digest("base64url");
}

/** Keeps the commands that buttons can only name. Nothing is written for short ones. */
export async function keepLongCommands(choices: readonly Choice[], state: ChannelState): Promise<void> {
  for (const { command } of choices) {
    const data = encodeCommand(command);
    if (data !== command) await state.set(`command/${data.slice(prefix.length)}`, command);
  }
}

/** The command behind a press; undefined when it is not known here. */
export async function loadCommand(data: string, state: ChannelState): Promise<string | undefined> {
  return data.startsWith(prefix) ? state.get(`command/${data.slice(prefix.length)}`) : data;
}
