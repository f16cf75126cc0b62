import type { APIInteraction, GatewayMessageDeleteDispatchData } from "discord.js";
import type { ChannelContext, ChannelSink } from "../../src/core/channel.ts";
import { keepFiles } from "./attachments.ts";
import type { Cursors } from "./cursors.ts";
import { loadCommand } from "./custom-id.ts";
import type { OpenInteraction } from "./interactions.ts";
import type { FindOwnRoles } from "./own-roles.ts";
import { parseDeletion, parseEdit, parseMessage, type DiscordMessage, type ParseContext } from "./parse.ts";
import { parseInteraction } from "./parse-interaction.ts";
import { parseReaction, type DiscordReaction } from "./parse-reaction.ts";
import { parsePerson, type People } from "./people.ts";
import type { Place, Places } from "./places.ts";
import type { DiscordApi } from "./rest.ts";

/** All that is needed to hand an event over. */
export interface Receiving {
  readonly api: DiscordApi;
  readonly context: ChannelContext;
  readonly sink: ChannelSink;
  readonly signal: AbortSignal;
  readonly ownId: string;
  readonly places: Places;
  readonly people: People;
  readonly cursors: Cursors;
  readonly findOwnRoles: FindOwnRoles;
}

/** Resolves once the message is stored, or is nothing to us; from then on it is not read again. */
export async function receiveMessage(raw: DiscordMessage, receiving: Receiving): Promise<void> {
  const { api, context, sink, signal, people, cursors } = receiving;
  const { parseContext, place } = await prepare(raw, receiving);
  await cursors.begin(raw.channel_id, raw.id, place.kind === "direct");
  const parsed = parseSafely(() => parseMessage(raw, parseContext), raw, context);
  if (parsed !== undefined) {
    people.noteAuthor(raw.id, parsed.message.sender);
    const settings = { files: context.files, root: api.root, signal };
    await sink.receive(await keepFiles(parsed.message, parsed.files, settings));
  }
  cursors.move(raw.channel_id, raw.id);
}

export async function receiveEdit(raw: DiscordMessage, receiving: Receiving): Promise<void> {
  const { context, sink, people } = receiving;
  if (raw.author?.id === receiving.ownId) return;
  const { parseContext } = await prepare(raw, receiving);
  const parsed = parseSafely(() => parseEdit(raw, parseContext), raw, context);
  if (parsed === undefined) return;
  people.noteAuthor(raw.id, parsed.message.sender);
  await sink.receive(parsed.message);
}

/** Only of messages whose author this process has seen: Discord does not tell who that was. */
export async function receiveDeletion(
  raw: Pick<GatewayMessageDeleteDispatchData, "id" | "channel_id" | "guild_id">,
  receiving: Receiving,
): Promise<void> {
  const { context, sink, people, places, signal } = receiving;
  const author = people.findAuthor(raw.id);
  if (author === undefined) return;
  const place = await places.find(raw.channel_id, raw.guild_id, signal);
  await sink.receive(parseDeletion(raw, author, { channel: context.name, place, now: context.now() }));
}

export async function receiveReaction(
  raw: DiscordReaction & {
    readonly member?: Parameters<typeof parsePerson>[1] & { readonly user: Parameters<typeof parsePerson>[0] };
  },
  event: { readonly isAdded: boolean; readonly eventId: string },
  receiving: Receiving,
): Promise<void> {
  const { context, sink, people, places, signal } = receiving;
  if (raw.user_id === receiving.ownId) return;
  const place = await places.find(raw.channel_id, raw.guild_id, signal);
  const sender =
    raw.member === undefined
      ? await people.find(raw.user_id, signal)
      : parsePerson(raw.member.user, raw.member, context.name);
  await sink.receive(parseReaction(raw, sender, { channel: context.name, place, now: context.now(), ...event }));
}

export async function receiveInteraction(
  raw: APIInteraction,
  open: OpenInteraction,
  receiving: Receiving,
): Promise<void> {
  const { context, sink, people, places } = receiving;
  if (raw.channel === undefined) return open.settle("ignored");
  const place = places.note(raw.channel, raw.guild_id);
  const parsed = parseSafely(() => parseInteraction(raw, place, context.name), raw, context);
  if (parsed === undefined) return open.settle("ignored");
  people.note(parsed.message.sender);
  const text = parsed.kind === "press" ? await loadCommand(parsed.message.text, context.state) : parsed.message.text;
  if (text === undefined) return open.settle("too-old");
  open.settle(await sink.receive({ ...parsed.message, text }));
}

async function prepare(
  raw: DiscordMessage & { readonly guild_id?: string },
  receiving: Receiving,
): Promise<{ readonly parseContext: ParseContext; readonly place: Place }> {
  const { context, places, signal, ownId, findOwnRoles } = receiving;
  const place = await places.find(raw.channel_id, raw.guild_id, signal);
  const ownRoleIds = await findOwnRoles(raw.guild_id ?? place.guildId, raw.mention_roles ?? [], signal);
  const channelName = (id: string): string | undefined => places.known(id)?.name;
  return { place, parseContext: { channel: context.name, ownId, place, ownRoleIds, channelName } };
}

/** What we cannot read must not keep all else from coming in: it is logged and passed by. */
function parseSafely<T>(parse: () => T, raw: { readonly id: string }, context: ChannelContext): T | undefined {
  try {
    return parse();
  } catch (error) {
    context.log.error(
      { id: raw.id, reason: error instanceof Error ? error.name : "unknown" },
      "An event of Discord could not be read and is passed by",
    );
    return undefined;
  }
}
