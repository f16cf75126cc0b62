import type { APIActionRowComponent, APIButtonComponentWithCustomId } from "discord.js";
import type { Choice } from "../../src/core/message.ts";
import { encodeCommand } from "./custom-id.ts";

export type Row = APIActionRowComponent<APIButtonComponentWithCustomId>;

/** Five rows of five. */
const maxButtons = 25;
const rowLength = 5;
const maxLabelLength = 80;
const styles = { primary: 1, secondary: 2, danger: 4 } as const;

/** Buttons for as many choices as a message can hold. */
export function formatButtons(choices: readonly Choice[]): readonly Row[] {
  const buttons = choices
    .slice(0, maxButtons)
    .map(({ label, command, style }, index): APIButtonComponentWithCustomId => ({
      type: 2,
      style: styles[style ?? "secondary"],
      label: label.length > maxLabelLength ? `${label.slice(0, maxLabelLength - 1)}…` : label,
      custom_id: encodeCommand(command, index),
    }));
  return Array.from({ length: Math.ceil(buttons.length / rowLength) }, (_, row) => ({
    type: 1,
    components: buttons.slice(row * rowLength, (row + 1) * rowLength),
  }));
}

/** The choices that got no button, as CommonMark: to be written instead. Empty when all have one. */
export function listRest(choices: readonly Choice[]): string {
  return choices
    .slice(maxButtons)
    .map(({ label, command }, index) => `${maxButtons + index + 1}. ${label}: \`${command}\``)
    .join("\n");
}
