import type { ChannelContext } from "../../src/core/channel.ts";
import { createApi } from "./api.ts";
import type { MatrixOptions } from "./config.ts";
import { ensureIdentity, hasOurKeys } from "./cross-signing.ts";
import { openCrypto } from "./crypto.ts";
import { createDirects } from "./directs.ts";
import { createEncryptor } from "./encrypt.ts";
import { createEventLog } from "./event-facts.ts";
import { createInvites } from "./invites.ts";
import { loadLogin, loadNames } from "./login.ts";
import { sendWaitingRequests } from "./outgoing.ts";
import { createRooms } from "./rooms.ts";
import type { Session } from "./session.ts";
import { createUndecrypted } from "./undecrypted.ts";

/** Logs in and opens the device's keys. Throws AppError. The caller closes `crypto`. */
export async function openSession(
  context: ChannelContext<MatrixOptions>,
  kept: Pick<Session, "choices" | "reactions">,
  signal: AbortSignal,
): Promise<Session> {
  const { options, state, log, now, isListening } = context;
  const login = await loadLogin(options, state, now, signal);
  const crypto = await openCrypto({ userId: login.userId, deviceId: login.deviceId }, state, log);
  try {
    const { homeserverUrl } = options;
    // Nothing leaves before the keys that it relies on are stored: a message key must never be used twice.
    const api = createApi({ homeserverUrl, token: () => login.accessToken, before: crypto.flush, now });
    await sendWaitingRequests(api, crypto, signal, log);
    if (!(await hasOurKeys(api, crypto, signal)))
      log.error(
        { device: crypto.deviceId },
        "The server knows this device by other keys, so encrypted rooms will not work: log in anew, for a new device",
      );
    await ensureIdentity(api, crypto, options, signal, log);
    const rooms = createRooms(api, crypto);
    const directs = createDirects(api, login.userId);
    return {
      api,
      context,
      crypto,
      rooms,
      directs,
      signal,
      ...kept,
      me: { userId: login.userId, names: await loadNames(api, login.userId, signal) },
      encryptor: createEncryptor(api, crypto, rooms),
      invites: createInvites({ api, options, directs, state, log, isListening }),
      events: createEventLog(api, state),
      undecrypted: createUndecrypted(state),
    };
  } catch (error) {
    crypto.close();
    throw error;
  }
}
