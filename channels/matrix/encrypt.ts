import { createLanes, type Lanes } from "../_shared/lanes.ts";
import type { MatrixApi } from "./api.ts";
import type { Crypto } from "./crypto.ts";
import { sendRequest } from "./outgoing.ts";
import type { Encryption, Rooms } from "./rooms.ts";

/** Encrypts events for everybody who may read in the room. */
export interface Encryptor {
  /** The content of an m.room.encrypted. Throws AppError when keys cannot be handed out. */
  encrypt(
    roomId: string,
    type: string,
    content: object,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, unknown>>>;
}

export function createEncryptor(api: MatrixApi, crypto: Crypto, rooms: Rooms): Encryptor {
  const { library, machine } = crypto;
  const lanes: Lanes = createLanes();

  /** Sees to it that every device of theirs has the key of what is written next. */
  async function shareKey(roomId: string, encryption: Encryption, signal: AbortSignal): Promise<void> {
    const members = await rooms.recipients(roomId, signal);
    const users = (): ReturnType<Crypto["userIds"]> => crypto.userIds(members);
    await machine.updateTrackedUsers(users());
    for (const request of await machine.outgoingRequests())
      if (request.type === library.RequestType.KeysQuery) await sendRequest(request, api, crypto, signal);
    // Two claims at the same time would use up two one-time keys for one session.
    await lanes.run("claim", async () => {
      const claim = await machine.getMissingSessions(users());
      if (claim !== null) await sendRequest(claim, api, crypto, signal);
    });
    const settings = new library.EncryptionSettings();
    settings.sharingStrategy = library.CollectStrategy.allDevices();
    if (encryption.rotationMs !== undefined) settings.rotationPeriod = BigInt(encryption.rotationMs) * 1_000n;
    if (encryption.rotationMessages !== undefined)
      settings.rotationPeriodMessages = BigInt(encryption.rotationMessages);
    const requests = await machine.shareRoomKey(new library.RoomId(roomId), users(), settings);
    for (const request of requests) await sendRequest(request, api, crypto, signal);
  }

  return {
    encrypt: (roomId, type, content, signal) =>
      lanes.run(roomId, async () => {
        const encryption = await rooms.encryption(roomId, signal);
        await shareKey(roomId, encryption ?? {}, signal);
        const encrypted = await machine.encryptRoomEvent(new library.RoomId(roomId), type, JSON.stringify(content));
        return JSON.parse(encrypted) as Readonly<Record<string, unknown>>;
      }),
  };
}
