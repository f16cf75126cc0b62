import type { OlmMachine, UserId } from "@matrix-org/matrix-sdk-crypto-wasm";
import type { ChannelState } from "../../src/core/channel.ts";
import { loadPackage } from "../../src/core/load-package.ts";
import type { Logger } from "../../src/core/log.ts";
import { provideIndexedDb } from "./indexeddb/factory.ts";
import { openJournal } from "./indexeddb/journal.ts";

/** The classes of the crypto library. */
export type CryptoLibrary = typeof import("@matrix-org/matrix-sdk-crypto-wasm");

/** This device's keys and what it knows of others'. */
export interface Crypto {
  readonly library: CryptoLibrary;
  readonly machine: OlmMachine;
  readonly userId: string;
  readonly deviceId: string;
  /** Resolves once all that the machine has changed is stored. See `Journal`. */
  flush(): Promise<void>;
  /**
   * Ids as the library wants them, made anew for each call, which uses them up. What it takes for no user id is left
   * out: some are older than the rules.
   */
  userIds(ids: Iterable<string>): UserId[];
  /** Rooms for which keys came since it was asked last. */
  takeRoomsWithNewKeys(): ReadonlySet<string>;
  close(): void;
}

/**
 * Opens the device's keys, or makes new ones for a device that has none here. They lie in the channel's state: the
 * library can keep them in IndexedDB only, so it is given one (indexeddb/).
 */
export async function openCrypto(
  me: { readonly userId: string; readonly deviceId: string },
  state: ChannelState,
  log: Logger,
): Promise<Crypto> {
  const library = await loadPackage(
    "@matrix-org/matrix-sdk-crypto-wasm",
    () => import("@matrix-org/matrix-sdk-crypto-wasm"),
  );
  await library.initAsync();
  const journal = await openJournal(state, `crypto/${me.deviceId}`);
  const factory = provideIndexedDb();
  // The name is only for this run, so that no other adapter of the process can have the same.
  const name = `parlance-${crypto.randomUUID()}`;
  factory.attach(name, (database) => journal.keep(database));
  const tell = (message: unknown): void => log.debug({ crypto: String(message) }, "The crypto library says");
  const logger = { debug: () => undefined, info: () => undefined, warn: tell, error: tell };
  const { DeviceId, OlmMachine } = library;
  const opened = OlmMachine.initialize(
    new library.UserId(me.userId),
    new DeviceId(me.deviceId),
    name,
    undefined,
    logger,
  );
  const machine = await opened.catch((error: unknown) => {
    factory.detach(name);
    throw error;
  });
  let rooms = new Set<string>();
  machine.registerRoomKeyUpdatedCallback(async (keys) => {
    for (const { roomId } of keys) rooms.add(roomId.toString());
  });
  return {
    library,
    machine,
    ...me,
    flush: journal.flush,
    userIds: (ids) =>
      [...ids].flatMap((id) => {
        try {
          return [new library.UserId(id)];
        } catch {
          return [];
        }
      }),
    takeRoomsWithNewKeys() {
      const taken = rooms;
      rooms = new Set();
      return taken;
    },
    close() {
      machine.close();
      factory.detach(name);
    },
  };
}
