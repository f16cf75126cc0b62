import type { ChannelContext, ChatCommand } from "../../src/core/channel.ts";
import { describeError } from "../../src/core/errors.ts";
import { askDiscord, callDiscord, type DiscordApi } from "./rest.ts";

/** A slash command as Discord takes it. */
export interface SlashCommand {
  readonly name: string;
  readonly description: string;
  readonly type: 1;
  /** In servers and in direct chats with the bot; nowhere else could it answer. */
  readonly contexts: readonly [0, 1];
  readonly options: readonly SlashOption[];
}

interface SlashOption {
  readonly type: 3;
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
}

const maxDescription = 100;
/** An application has at most this many. */
const maxCommands = 100;

/** "CODE" is an option that must be there, "[name|auto]" one that may. */
export function formatCommands(commands: readonly ChatCommand[]): readonly SlashCommand[] {
  return commands.slice(0, maxCommands).map(({ name, summary, argument }) => ({
    name,
    description: shorten(summary),
    type: 1,
    contexts: [0, 1],
    options: argument.trim() === "" ? [] : [formatOption(argument.trim())],
  }));
}

function formatOption(argument: string): SlashOption {
  const isOptional = argument.startsWith("[");
  const words = argument.replaceAll(/[[\]]/g, "");
  const name = /[a-z0-9_-]+/i.exec(words)?.[0].toLowerCase().slice(0, 32) ?? "argument";
  return { type: 3, name, description: shorten(words.replaceAll("|", " or ")), required: !isOptional };
}

function shorten(text: string): string {
  return text.length > maxDescription ? `${text.slice(0, maxDescription - 1)}…` : text;
}

/** Offers our commands. Nothing is written when they are offered already. A refusal is told in the log only. */
export async function offerCommands(
  api: DiscordApi,
  applicationId: string,
  context: Pick<ChannelContext, "commands" | "log">,
  signal: AbortSignal,
): Promise<void> {
  const path = `/applications/${applicationId}/commands`;
  const wanted = formatCommands(context.commands);
  try {
    const offered = await callDiscord<readonly SlashCommand[]>(api, { method: "GET", path, effect: "read", signal });
    if (describe(offered) === describe(wanted)) return;
    const answer = await askDiscord(api, { method: "PUT", path, effect: "read", json: wanted, signal });
    if (!answer.ok) throw answer.error;
  } catch (error) {
    if (signal.aborted) return;
    context.log.warn({ reason: describeError(error) }, "The slash commands could not be offered");
  }
}

/** What counts of them, in an order of its own. Discord adds fields, and leaves empty ones out. */
function describe(commands: readonly SlashCommand[]): string {
  const plain = commands.map(({ name, description, contexts, options }) => [
    name,
    description,
    (contexts ?? []).toSorted((a, b) => a - b),
    (options ?? []).map((each) => [each.type, each.name, each.description, each.required ?? false]),
  ]);
  return JSON.stringify(plain.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
}
