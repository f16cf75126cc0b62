import { createHash } from "node:crypto";
import type * as types from "@slack/types";
import type { ChannelState } from "../../src/core/channel.ts";
import type { Choice } from "../../src/core/message.ts";

/** https://docs.slack.dev/reference/block-kit/block-elements/button-element */
const maxValueLength = 2_000;
const maxLabelLength = 75;
/** https://docs.slack.dev/reference/block-kit/blocks/actions-block */
const maxPerRow = 25;
const prefix = "long:";

/** Rows of buttons; a press sends the command, as `encodeCommand` gives it. */
export function formatButtons(choices: readonly Choice[]): types.ActionsBlock[] {
  const rows: types.ActionsBlock[] = [];
  for (const [index, { label, command, style }] of choices.entries()) {
    if (index % maxPerRow === 0) rows.push({ type: "actions", elements: [] });
    rows.at(-1)?.elements.push({
      type: "button",
      action_id: `choice-${index}`,
      text: { type: "plain_text", text: shorten(label), emoji: true },
      value: encodeCommand(command),
      ...(style === undefined ? {} : { style }),
    });
  }
  return rows;
}

/** What a button carries: the command itself, or its digest where the command is longer than a button can carry. */
export function encodeCommand(command: string): string {
  if (command.length <= maxValueLength && command !== "" && !command.startsWith(prefix)) return command;
  return prefix + createHash("sha256").update(command).digest("base64url");
}

/** Keeps the commands that buttons can only name. Nothing is written for short ones. */
export async function keepLongCommands(choices: readonly Choice[], state: ChannelState): Promise<void> {
  for (const { command } of choices) {
    const value = encodeCommand(command);
    if (value !== command) await state.set(`command/${value.slice(prefix.length)}`, command);
  }
}

/** The command behind a press; undefined when it is not known here. */
export async function loadCommand(value: string, state: ChannelState): Promise<string | undefined> {
  return value.startsWith(prefix) ? state.get(`command/${value.slice(prefix.length)}`) : value;
}

function shorten(label: string): string {
  const plain = label.trim() === "" ? "…" : label;
  return plain.length <= maxLabelLength
    ? plain
    : `${plain.slice(0, maxLabelLength - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
