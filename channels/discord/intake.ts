import type { APIInteraction, GatewayDispatchPayload, GatewayGuildCreateDispatchData } from "discord.js";
import { catchUp, isBehind } from "./catch-up.ts";
import type { Interactions } from "./interactions.ts";
import { createLanes } from "./lanes.ts";
import type { DiscordMessage } from "./parse.ts";
import type { DiscordChannel } from "./places.ts";
import {
  receiveDeletion,
  receiveEdit,
  receiveInteraction,
  receiveMessage,
  receiveReaction,
  type Receiving,
} from "./receive.ts";
import type { Session } from "./session.ts";
import { idAt } from "./snowflake.ts";

export interface IntakeSettings extends Receiving {
  readonly session: Session;
  readonly intents: number;
  readonly interactions: Interactions;
  /** A message is there, whoever wrote it. */
  readonly onSeen: (chat: string, messageId: string) => void;
}

/** Takes the events of the gateway: in order within a chat, side by side between chats. */
export interface Intake {
  onEvent(event: GatewayDispatchPayload): void;
  /** How much is waiting or at work. */
  waiting(): number;
  idle(): Promise<void>;
}

/** Servers that are down may never be described to us. */
const guildsMs = 60_000;

export function createIntake(settings: IntakeSettings): Intake {
  const { session, cursors, places, context, signal } = settings;
  const lanes = createLanes(context.log, signal);
  /** Servers that Discord has announced and not described yet: what was missed there is not read. */
  let announced = new Set<string>();
  let reading = 0;

  /** Once everything missed is read, this session can be taken up by another process. */
  function settle(): void {
    if (announced.size > 0 || reading > 0) return;
    cursors.release();
    session.settle();
  }

  async function readMissed(chats: readonly string[]): Promise<boolean> {
    reading += 1;
    const handle = (message: DiscordMessage): Promise<void> => receiveMessage(message, settings);
    const work = { api: settings.api, cursors, log: context.log, signal, handle };
    const done = await Promise.all(chats.map((chat) => lanes.run(chat, () => catchUp(chat, work))));
    reading -= 1;
    return done.every(Boolean);
  }

  function beginSession(id: string, url: string, guildIds: readonly string[]): Promise<boolean> {
    session.begin(id, url, settings.intents);
    cursors.hold();
    const mine = (announced = new Set(guildIds));
    setTimeout(() => {
      mine.clear();
      settle();
    }, guildsMs).unref();
    return readMissed(cursors.directChats());
  }

  function takeGuild(guild: GatewayGuildCreateDispatchData): Promise<boolean> {
    announced.delete(guild.id);
    if (guild.unavailable === true) return Promise.resolve(true);
    const joinedAt = idAt(Date.parse(guild.joined_at));
    const channels = [...guild.channels, ...(guild.threads ?? [])] as readonly (DiscordChannel & {
      readonly last_message_id?: string | null;
    })[];
    const behind: string[] = [];
    for (const channel of channels) {
      const place = places.note(channel, guild.id);
      // In forums the last message is the last thread.
      const isForum = Number(channel.type) === 15 || Number(channel.type) === 16;
      if (!isForum && isBehind(place.id, channel.last_message_id, joinedAt, cursors)) behind.push(place.id);
    }
    return readMissed(behind);
  }

  function takeInteraction(raw: APIInteraction): Promise<boolean> {
    const type = Number(raw.type);
    if (type !== 2 && type !== 3) return Promise.resolve(true);
    const open = settings.interactions.begin(raw, type === 2 ? "command" : "press");
    return lanes.run(raw.channel?.id ?? raw.id, () => receiveInteraction(raw, open, settings));
  }

  /** Resolves true once everything about the event is stored. */
  async function take(event: GatewayDispatchPayload): Promise<boolean> {
    const name: string = event.t;
    // The names are compared as plain strings: Discord's enum is a value of the SDK.
    const data = event.d as never;
    switch (name) {
      case "GUILD_CREATE":
        return takeGuild(data);
      case "GUILD_DELETE":
        announced.delete((data as { id: string }).id);
        return true;
      case "CHANNEL_CREATE":
      case "CHANNEL_UPDATE":
      case "THREAD_CREATE":
      case "THREAD_UPDATE":
        places.note(data);
        return true;
      case "THREAD_LIST_SYNC": {
        const sync = data as { guild_id: string; threads: readonly DiscordChannel[] };
        for (const thread of sync.threads) places.note(thread, sync.guild_id);
        return true;
      }
      case "CHANNEL_DELETE":
      case "THREAD_DELETE":
        places.forget((data as { id: string }).id);
        return true;
      case "MESSAGE_CREATE": {
        const message = data as DiscordMessage;
        settings.onSeen(message.channel_id, message.id);
        return lanes.run(message.channel_id, () => receiveMessage(message, settings));
      }
      case "MESSAGE_UPDATE":
        return lanes.run((data as DiscordMessage).channel_id, () => receiveEdit(data, settings));
      case "MESSAGE_DELETE":
        return lanes.run((data as DiscordMessage).channel_id, () => receiveDeletion(data, settings));
      case "MESSAGE_DELETE_BULK": {
        const { ids, ...rest } = data as { ids: readonly string[]; channel_id: string; guild_id?: string };
        return lanes.run(rest.channel_id, async () => {
          for (const id of ids) await receiveDeletion({ id, ...rest }, settings);
        });
      }
      case "MESSAGE_REACTION_ADD":
      case "MESSAGE_REACTION_REMOVE": {
        const eventId = `${session.current()?.id ?? ""}.${event.s}`;
        const isAdded = name === "MESSAGE_REACTION_ADD";
        return lanes.run((data as DiscordMessage).channel_id, () =>
          receiveReaction(data, { isAdded, eventId }, settings),
        );
      }
      case "INTERACTION_CREATE":
        return takeInteraction(data);
      default:
        return true;
    }
  }

  return {
    onEvent(event) {
      let done: Promise<boolean> | undefined;
      if ((event.t as string) === "READY") {
        const ready = event.d as { session_id: string; resume_gateway_url: string; guilds: readonly { id: string }[] };
        const guildIds = ready.guilds.map(({ id }) => id);
        done = beginSession(ready.session_id, ready.resume_gateway_url, guildIds);
      }
      if (!session.events.begin(event.s)) return;
      const { id: sessionId = "" } = session.current() ?? {};
      done ??= take(event);
      done
        .then((isStored) => {
          if (isStored && session.current()?.id === sessionId) session.events.finish(event.s);
          settle();
        })
        .catch((error: unknown) => {
          // A fault of ours: the event is passed by, or it would hold up the session for ever.
          context.log.error({ event: event.t, error }, "An event of Discord failed in an unexpected way");
          session.events.finish(event.s);
        });
    },
    waiting: () => lanes.waiting(),
    idle: () => lanes.idle(),
  };
}
