import { platforms } from "../../../channels/index.ts";
import type { ChannelTraits } from "../../core/channel.ts";

/** What a person wants to know of a platform, in words. */
export interface Capabilities {
  readonly platform: string;
  readonly traits: ChannelTraits;
}

/** Of every platform. Loads no SDK. */
export async function loadCapabilities(): Promise<readonly Capabilities[]> {
  return Promise.all(
    Object.entries(platforms).map(async ([platform, entry]) => ({ platform, traits: (await entry.traits()).traits })),
  );
}

const abilities: readonly (readonly [name: string, has: (traits: ChannelTraits) => boolean])[] = [
  ["threads", ({ threads }) => threads],
  ["buttons", ({ buttons }) => buttons],
  ["files", ({ files }) => files],
  ["typing", ({ typing }) => typing],
  ["reactions", ({ reactions }) => reactions],
  ["edits ours", ({ edits }) => edits],
  ["replies grow", ({ streamsEveryMs }) => streamsEveryMs !== undefined],
  ["sees edits", ({ revisions }) => revisions],
  ["command menu", ({ commands }) => commands],
  ["writes first", ({ direct }) => direct],
  ["catches up", ({ catchesUp }) => catchesUp],
];

const afterCutOff: Readonly<Record<ChannelTraits["reconciles"], string>> = {
  idempotent: "sent again, never double",
  probe: "looked for, then sent",
  none: "you are asked",
};

/** For the terminal, whatever its width: what each platform can, in words. */
export function formatCapabilityRows(list: readonly Capabilities[]): string[][] {
  return list.map(({ platform, traits }) => [
    platform,
    afterCutOff[traits.reconciles],
    abilities.flatMap(([name, has]) => (has(traits) ? [name] : [])).join(", ") || "plain text",
  ]);
}

/** For the README, as a CommonMark table. */
export function formatCapabilityTable(list: readonly Capabilities[]): string {
  const head = ["platform", ...abilities.map(([name]) => name), "after a cut-off send"];
  const rows = list.map(({ platform, traits }) => [
    `[${platform}](channels/${platform}/README.md)`,
    ...abilities.map(([, has]) => (has(traits) ? "✔" : "")),
    afterCutOff[traits.reconciles],
  ]);
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
