import type { APIChannel } from "discord.js";
import type { Channel, ChannelContext, ChannelSink } from "../../src/core/channel.ts";
import { AppError, describeError } from "../../src/core/errors.ts";
import { keepForLater } from "../_shared/alarm.ts";
import { runWithReconnect, sleepUntilAborted, type Patience } from "../_shared/reconnect.ts";
import { offerCommands } from "./commands.ts";
import type { DiscordOptions } from "./config.ts";
import { createConnect } from "./connect.ts";
import { createCursors } from "./cursors.ts";
import { editMessage } from "./edit.ts";
import { loadIdentity, type Identity } from "./identity.ts";
import { createIntake } from "./intake.ts";
import { pickIntents } from "./intents.ts";
import { createInteractions, type Interactions } from "./interactions.ts";
import { createOwnRoles } from "./own-roles.ts";
import { createPeople } from "./people.ts";
import { createPlaces, pickTarget } from "./places.ts";
import { createRateLimits } from "./rate-limits.ts";
import { putReaction } from "./react.ts";
import { formatHint, reconcile } from "./reconcile.ts";
import { callDiscord, type DiscordApi } from "./rest.ts";
import { createSeen } from "./seen.ts";
import { createSend } from "./send.ts";
import { createSession } from "./session.ts";
import { parseMessageId } from "./snowflake.ts";
import { traits } from "./traits.ts";

export { optionsSchema } from "./config.ts";

/** How long events in hand may take to be stored after the abort. */
const graceMs = 3_500;
const saveEveryMs = 1_000;

/** A bot on Discord. See README.md for the quirks. */
export function createChannel(context: ChannelContext<DiscordOptions>, patience: Patience = {}): Channel {
  const { options, state, log } = context;
  const api: DiscordApi = { root: options.restUrl, token: options.token, limits: createRateLimits(context.now) };
  const intents = pickIntents(options);
  const seen = createSeen();
  let interactions: Interactions | undefined;
  let identity: Identity | undefined;

  /** Asked once; a failure is no reason not to ask again. */
  const findIdentity = async (signal?: AbortSignal): Promise<Identity> =>
    (identity ??= await loadIdentity(api, signal));

  const send = createSend({
    api,
    context,
    acknowledged: async (replyToId) => interactions?.acknowledged(replyToId),
    onSent: seen.note,
  });

  /** Everything that lives from one start to its abort. */
  async function run(sink: ChannelSink, signal: AbortSignal): Promise<void> {
    const session = createSession(state);
    const cursors = createCursors(state);
    const answering = createInteractions(api, context, signal);
    interactions = answering;
    let connect: ((signal: AbortSignal, up: () => void) => Promise<void>) | undefined;
    let idle = async (): Promise<void> => undefined;
    let offering: Promise<void> | undefined;

    async function prepare(): Promise<NonNullable<typeof connect>> {
      const own = await findIdentity(signal);
      await Promise.all([session.load(intents), cursors.load()]);
      if (options.slashCommands && !context.isListening())
        offering = offerCommands(api, own.applicationId, context, signal);
      const intake = createIntake({
        api,
        context,
        sink,
        signal,
        session,
        cursors,
        intents,
        ownId: own.id,
        places: createPlaces(api),
        people: createPeople(api, context.name),
        findOwnRoles: createOwnRoles(api, own.id, context.now),
        interactions: answering,
        onSeen: seen.note,
      });
      ({ idle } = intake);
      return createConnect({ api, intents, session, intake, log, isHidden: context.isListening });
    }

    const save = async (): Promise<void> => {
      await cursors.save();
      await session.save();
    };
    const saving = setInterval(() => {
      save().catch((error: unknown) => log.warn({ reason: describeError(error) }, "How far we have read is not kept"));
    }, saveEveryMs);
    try {
      await runWithReconnect(
        async (_signal, up) => {
          connect ??= await prepare();
          await connect(signal, up);
        },
        { ...patience, signal, sink },
      );
    } finally {
      clearInterval(saving);
      const end = new AbortController();
      await Promise.race([Promise.all([idle(), offering]), sleepUntilAborted(graceMs, end.signal)]);
      end.abort();
      await save().catch(() => undefined);
      if (interactions === answering) interactions = undefined;
    }
  }

  return {
    traits,
    start: run,
    send: keepForLater(send),
    reconcileHint: ({ address }) => formatHint(seen.latest(pickTarget(address)), context.now()),
    reconcile: (message, delivery) =>
      reconcile(message, delivery, { api, context, ownId: async () => (await findIdentity(delivery.signal)).id }),
    edit: (message, platformId, signal) =>
      editMessage(message, platformId, { api, state, maxUploadBytes: options.maxUploadBytes }, signal),
    async typing(address, signal) {
      const path = `/channels/${pickTarget(address)}/typing`;
      await callDiscord(api, { method: "POST", path, effect: "read", signal }).catch(() => undefined);
    },
    async react(address, platformId, emoji, signal) {
      const id = parseMessageId(platformId);
      if (id === undefined)
        throw new AppError("bad-input", "A command or a press is no message that one could react to.");
      await putReaction(api, { chat: pickTarget(address), id }, emoji, signal);
    },
    async openDirect(personId) {
      const json = { recipient_id: personId.slice(context.name.length + 1) };
      const chat = await callDiscord<APIChannel>(api, {
        method: "POST",
        path: "/users/@me/channels",
        effect: "read",
        json,
      });
      return { channel: context.name, chat: chat.id };
    },
  };
}
