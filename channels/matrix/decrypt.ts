import type { Crypto } from "./crypto.ts";
import { isObject, isRoomEvent, type RoomEvent } from "./event.ts";

/**
 * The event with what was encrypted in it. "waits": its key has not come, and may. Undefined: it cannot be read, ever.
 */
export async function decryptEvent(
  event: RoomEvent,
  roomId: string,
  crypto: Crypto,
): Promise<RoomEvent | "waits" | undefined> {
  const { DecryptionErrorCode, DecryptionSettings, MegolmDecryptionError, RoomId, TrustRequirement } = crypto.library;
  const settings = new DecryptionSettings(TrustRequirement.Untrusted);
  try {
    const found = await crypto.machine.decryptRoomEvent(JSON.stringify(event), new RoomId(roomId), settings);
    const clear: unknown = JSON.parse(found.event);
    if (!isObject(clear)) return undefined;
    const whole = { ...event, type: clear["type"], content: clear["content"] };
    return isRoomEvent(whole) ? whole : undefined;
  } catch (error) {
    // The library itself has broken down; everything else is about this event.
    if (error instanceof Error && error.name === "RuntimeError") throw error;
    if (!(error instanceof MegolmDecryptionError)) return undefined;
    const mayCome: readonly number[] = [DecryptionErrorCode.MissingRoomKey, DecryptionErrorCode.UnknownMessageIndex];
    return mayCome.includes(error.code) ? "waits" : undefined;
  }
}
