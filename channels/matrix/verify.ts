import type { Sas, VerificationRequest } from "@matrix-org/matrix-sdk-crypto-wasm";
import type { Dialogue } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import { sleepUntilAborted } from "../_shared/reconnect.ts";
import { openDirectRoom } from "./directs.ts";
import { sendRequest, sendWaitingRequests, type AnyRequest } from "./outgoing.ts";
import { sendEvent } from "./send.ts";
import type { Session } from "./session.ts";

const maxWaitMs = 10 * 60_000;
const graceMs = 2_000;

/**
 * `Channel.verify`: by seven emoji that both sides compare. Accepts what somebody has asked of us, or asks somebody:
 * another session of our own account, or another person. The channel must run meanwhile.
 */
export async function verifyDevice(dialogue: Dialogue, signal: AbortSignal, session: Session): Promise<void> {
  const who = await dialogue.ask(
    "With whom? A user id such as @ada:example.org; empty for another session of our own account:",
  );
  const userId = who === "" ? session.me.userId : who;
  if (!/^@[^\s:]+:\S+$/.test(userId)) throw new AppError("bad-input", "That is no user id.");
  const bounded = AbortSignal.any([signal, session.signal, AbortSignal.timeout(maxWaitMs)]);
  const request = (await awaitRequest(userId, bounded, session)) ?? (await askThem(userId, dialogue, bounded, session));
  try {
    if (!request.weStarted() && !request.isReady()) {
      dialogue.tell(`${userId} has asked to verify us. Accepting.`);
      await sendIfAny(request.acceptWithMethods([session.crypto.library.VerificationMethod.SasV1]), session, bounded);
    }
    const sas = await agreeOnSas(request, dialogue, bounded, session);
    await compare(sas, userId, dialogue, bounded, session);
  } catch (error) {
    if (!request.isDone() && !request.isCancelled())
      await sendIfAny(request.cancel(), session, session.signal).catch(() => undefined);
    throw bounded.aborted ? new AppError("aborted", "The verification was not finished.") : error;
  }
  await sendWaitingRequests(session.api, session.crypto, session.signal, session.context.log);
  dialogue.tell(`Verified: ${userId} and we know each other's keys.`);
}

/** Theirs may be on its way: two requests that cross each other end both. */
async function awaitRequest(
  userId: string,
  signal: AbortSignal,
  session: Session,
): Promise<VerificationRequest | undefined> {
  const end = performance.now() + graceMs;
  while (!signal.aborted) {
    const found = findRequest(userId, session);
    if (found !== undefined || performance.now() > end) return found;
    await sleepUntilAborted(100, signal);
  }
  return undefined;
}

/** The latest that is open. */
function findRequest(userId: string, { crypto: { machine, library } }: Session): VerificationRequest | undefined {
  const open = machine
    .getVerificationRequests(new library.UserId(userId))
    .filter((request) => !request.isDone() && !request.isCancelled() && !request.isPassive() && !request.timedOut());
  return open.at(-1);
}

async function askThem(
  userId: string,
  dialogue: Dialogue,
  signal: AbortSignal,
  session: Session,
): Promise<VerificationRequest> {
  const { api, crypto, directs, me } = session;
  const { library, machine } = crypto;
  const methods = [library.VerificationMethod.SasV1];
  const theirs = (): InstanceType<typeof library.UserId> => new library.UserId(userId);
  await sendRequest(machine.queryKeysForUsers([theirs()]), api, crypto, signal);
  const identity = await machine.getIdentity(theirs());
  if (identity instanceof library.OwnUserIdentity) {
    const [request, outgoing] = await identity.requestVerification(methods);
    await sendRequest(outgoing, api, crypto, signal);
    dialogue.tell("Asked the other sessions. Accept it there, in Element: Settings, Sessions, Verify.");
    return request;
  }
  if (identity !== undefined) {
    const roomId = await openDirectRoom(userId, api, directs, signal);
    const content = JSON.parse(identity.verificationRequestContent(methods)) as Record<string, unknown>;
    const event = {
      type: "m.room.message",
      content: { ...content, msgtype: "m.key.verification.request" },
      txnId: globalThis.crypto.randomUUID(),
    };
    const eventId = await sendEvent(roomId, event, session, signal);
    dialogue.tell(`Asked ${userId} in the direct chat. Accept it there.`);
    return identity.requestVerification(new library.RoomId(roomId), new library.EventId(eventId), methods);
  }
  const devices = (await machine.getUserDevices(theirs())).devices();
  const device = devices.find(({ deviceId }) => userId !== me.userId || deviceId.toString() !== crypto.deviceId);
  if (device === undefined) throw new AppError("not-found", `${userId} has no session that could be verified.`);
  const [request, outgoing] = device.requestVerification(methods);
  await sendRequest(outgoing, api, crypto, signal);
  dialogue.tell(`Asked the session ${device.deviceId.toString()}. Accept it there.`);
  return request;
}

/** Whoever accepted begins at most programs; where they do not, we do. */
async function agreeOnSas(
  request: VerificationRequest,
  dialogue: Dialogue,
  signal: AbortSignal,
  session: Session,
): Promise<Sas> {
  const { library } = session.crypto;
  const { VerificationRequestPhase: phases } = library;
  await waitFor(request, () => request.phase() >= phases.Ready, signal);
  dialogue.tell("The other side is there.");
  if (request.phase() === phases.Ready) await sleepUntilAborted(request.weStarted() ? 300 : 3_000, signal);
  if (request.phase() === phases.Ready) {
    const started = await request.startSas();
    if (started !== undefined) await sendRequest(started[1], session.api, session.crypto, signal);
  }
  await waitFor(request, () => request.phase() >= phases.Transitioned, signal);
  const sas = request.getVerification();
  if (!(sas instanceof library.Sas)) throw new AppError("unsupported", "The other side cannot compare emoji.");
  if (!sas.weStarted()) await sendIfAny(sas.accept(), session, signal);
  return sas;
}

async function compare(
  sas: Sas,
  userId: string,
  dialogue: Dialogue,
  signal: AbortSignal,
  session: Session,
): Promise<void> {
  await waitFor(sas, () => sas.canBePresented(), signal);
  const emoji = sas.emoji() ?? [];
  if (emoji.length === 0) throw new AppError("unsupported", "The other side cannot compare emoji.");
  dialogue.tell("Compare with the other side:");
  for (const { symbol, description } of emoji) dialogue.tell(`  ${symbol}  ${description}`);
  const isAnswered = new AbortController();
  const answer = await Promise.race([
    dialogue.ask("Are these the same seven there, in the same order? (yes/no)"),
    untilCancelled(sas, AbortSignal.any([signal, isAnswered.signal])),
  ]).finally(() => isAnswered.abort());
  if (!/^y(?:es)?$/i.test(answer)) {
    await sendIfAny(sas.cancelWithCode("m.mismatched_sas"), session, signal);
    throw new AppError("aborted", `Not verified: somebody may be between us and ${userId}, or it was another request.`);
  }
  for (const request of await sas.confirm()) await sendRequest(request, session.api, session.crypto, signal);
  await waitFor(sas, () => sas.isDone(), signal);
}

interface Verification {
  isCancelled(): boolean;
  cancelInfo: VerificationRequest["cancelInfo"] | (() => VerificationRequest["cancelInfo"]);
}

/** Changes come with the syncs, which go on by themselves. */
async function waitFor(verification: Verification, isThere: () => boolean, signal: AbortSignal): Promise<void> {
  while (!isThere()) {
    if (verification.isCancelled()) throw cancelled(verification);
    signal.throwIfAborted();
    await sleepUntilAborted(100, signal);
  }
  if (verification.isCancelled()) throw cancelled(verification);
}

async function untilCancelled(verification: Verification, signal: AbortSignal): Promise<never> {
  while (!verification.isCancelled() && !signal.aborted) await sleepUntilAborted(200, signal);
  throw signal.aborted ? signal.reason : cancelled(verification);
}

function cancelled({ cancelInfo }: Verification): AppError {
  const info = typeof cancelInfo === "function" ? undefined : cancelInfo;
  const reason = info?.reason().replace(/\.$/, "");
  return new AppError("aborted", `The verification was given up${reason === undefined ? "" : `: ${reason}`}.`);
}

async function sendIfAny(request: unknown, { api, crypto }: Session, signal: AbortSignal): Promise<void> {
  if (request !== undefined) await sendRequest(request as AnyRequest, api, crypto, signal);
}
