import type { ChannelState } from "../../src/core/channel.ts";
import { describeError } from "../../src/core/errors.ts";
import type { Logger } from "../../src/core/log.ts";
import { sleepUntilAborted } from "../_shared/reconnect.ts";
import { clientPath, type MatrixApi } from "./api.ts";
import type { MatrixOptions } from "./config.ts";
import type { Directs } from "./directs.ts";
import { isObject, readText, type Content } from "./event.ts";

export interface Invitation {
  readonly roomId: string;
  readonly inviter: string;
  readonly isDirect: boolean;
}

/** Shall we come? A server's name stands for all people of that server. */
export function decideInvite(
  { acceptInvites, allowInvitesFrom }: Pick<MatrixOptions, "acceptInvites" | "allowInvitesFrom">,
  inviter: string,
): boolean {
  if (acceptInvites !== "allowed") return acceptInvites === "all";
  const server = inviter.slice(inviter.indexOf(":") + 1);
  return allowInvitesFrom.some((allowed) => allowed === inviter || allowed === server);
}

/** The invitation in `rooms.invite` of a sync; undefined when it is none for us. */
export function parseInvite(roomId: string, room: unknown, me: string): Invitation | undefined {
  const state = isObject(room) && isObject(room["invite_state"]) ? room["invite_state"]["events"] : undefined;
  for (const event of Array.isArray(state) ? state : []) {
    if (!isObject(event) || event["type"] !== "m.room.member" || event["state_key"] !== me) continue;
    const { content, sender } = event;
    if (!isObject(content) || content["membership"] !== "invite" || typeof sender !== "string") continue;
    return { roomId, inviter: sender, isDirect: content["is_direct"] === true };
  }
  return undefined;
}

/**
 * Invitations that we want to follow and have not yet; a room of another server may not answer for a while. Coming and
 * declining are both seen in the room: while the channel only listens, invitations wait.
 */
export interface Invites {
  /** Resolves once it is stored what is to be done; it is done in the background. */
  take(invitation: Invitation, signal: AbortSignal): Promise<void>;
  /** Goes where a room went that was replaced by a newer one. */
  follow(tombstone: Content, signal: AbortSignal): void;
  /** Goes on with what was left by an earlier run. */
  resume(signal: AbortSignal): Promise<void>;
}

interface InviteDeps {
  readonly api: MatrixApi;
  readonly options: MatrixOptions;
  readonly directs: Directs;
  readonly state: ChannelState;
  readonly log: Logger;
  readonly isListening: () => boolean;
}

/** Stands for whoever asked us into a room that goes on in a newer one. */
const roomBefore = "the room before";
const stateKey = "invites";
const maxWaiting = 100;
const waitsMs = [0, 2_000, 10_000, 60_000, 300_000];

export function createInvites({ api, options, directs, state, log, isListening }: InviteDeps): Invites {
  const running = new Set<string>();

  const load = async (): Promise<readonly Invitation[]> =>
    JSON.parse((await state.get(stateKey)) ?? "[]") as readonly Invitation[];
  const without = async (roomId: string): Promise<readonly Invitation[]> =>
    (await load()).filter((each) => each.roomId !== roomId);
  const keep = async (invitation: Invitation): Promise<void> =>
    state.set(stateKey, JSON.stringify([...(await without(invitation.roomId)), invitation].slice(-maxWaiting)));
  const drop = async (roomId: string): Promise<void> => state.set(stateKey, JSON.stringify(await without(roomId)));
  const isWanted = ({ inviter }: Invitation): boolean => inviter === roomBefore || decideInvite(options, inviter);

  /** One attempt; true when there is nothing more to do. */
  async function join({ roomId, inviter, isDirect }: Invitation, signal: AbortSignal): Promise<boolean> {
    try {
      const answer = await api.ask(clientPath`/join/${roomId}`, { body: {}, signal, pauseKey: "join" });
      if (!answer.ok) {
        log.warn({ room: roomId, inviter, code: answer.code }, "An invitation could not be followed");
        return answer.status !== 404 && answer.status !== 403;
      }
      log.info({ room: roomId, inviter }, "Joined a room by invitation");
      if (isDirect) await directs.add(inviter, roomId, signal);
      return true;
    } catch (error) {
      if (!signal.aborted) log.warn({ room: roomId, reason: describeError(error) }, "Joining a room failed");
      return false;
    }
  }

  async function pursue(invitation: Invitation, signal: AbortSignal): Promise<void> {
    if (running.has(invitation.roomId)) return;
    running.add(invitation.roomId);
    for (const waitMs of waitsMs) {
      await sleepUntilAborted(waitMs, signal);
      if (signal.aborted || isListening() || (await join(invitation, signal))) break;
    }
    running.delete(invitation.roomId);
    if (!signal.aborted && !isListening()) await drop(invitation.roomId);
  }

  const launch = (invitation: Invitation, signal: AbortSignal): void =>
    void pursue(invitation, signal).catch((error: unknown) =>
      log.error({ room: invitation.roomId, reason: describeError(error) }, "An invitation was lost track of"),
    );

  async function take(invitation: Invitation, signal: AbortSignal): Promise<void> {
    const { roomId, inviter } = invitation;
    if (isListening() || isWanted(invitation)) await keep(invitation);
    if (isListening()) {
      log.info({ room: roomId, inviter }, "An invitation waits: this channel only listens, and coming would be seen");
    } else if (isWanted(invitation)) {
      launch(invitation, signal);
    } else {
      log.warn(
        { room: roomId, inviter, acceptInvites: options.acceptInvites },
        "Declined an invitation; allowInvitesFrom says whose are followed",
      );
      await api.ask(clientPath`/rooms/${roomId}/leave`, { body: {}, signal, pauseKey: "join" });
      await drop(roomId);
    }
  }

  return {
    take,
    follow(tombstone, signal) {
      const roomId = readText(tombstone["replacement_room"]);
      if (roomId === undefined || roomId === "") return;
      take({ roomId, inviter: roomBefore, isDirect: false }, signal).catch((error: unknown) =>
        log.error({ room: roomId, reason: describeError(error) }, "The room that replaces another is not followed"),
      );
    },
    async resume(signal) {
      if (isListening()) return;
      for (const invitation of await load()) await take(invitation, signal);
    },
  };
}
