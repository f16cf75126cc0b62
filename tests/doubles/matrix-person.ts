import { setTimeout as wait } from "node:timers/promises";
import { Attachment, EncryptedAttachment } from "@matrix-org/matrix-sdk-crypto-wasm";
import {
  ClientEvent,
  createClient,
  EventType,
  RelationType,
  RoomEvent,
  SyncState,
  type MatrixClient,
  type MatrixEvent,
} from "matrix-js-sdk";
import {
  CryptoEvent,
  VerificationPhase,
  VerifierEvent,
  type ShowSasCallbacks,
  type VerificationRequest,
} from "matrix-js-sdk/lib/crypto-api/index.js";
import { logger as rootLogger, type Logger } from "matrix-js-sdk/lib/logger.js";
import type { Account } from "../servers/matrix/start.ts";

/** Somebody at the other end, by the program library that Element is made of. Its keys are in memory. */
export interface Person {
  readonly client: MatrixClient;
  readonly userId: string;
  /** Messages of others that are in sight, decrypted, edits applied, in order of arrival. */
  readonly seen: readonly SeenMessage[];
  createRoom(settings: {
    readonly invite: readonly string[];
    readonly isEncrypted: boolean;
    readonly isDirect?: boolean;
    readonly name?: string;
  }): Promise<string>;
  say(roomId: string, text: string, extra?: object): Promise<string>;
  /** Resolves with the message of the room that holds the words. */
  waitFor(words: string, roomId: string, timeoutMs?: number): Promise<SeenMessage>;
  waitForMember(roomId: string, userId: string): Promise<void>;
  react(roomId: string, eventId: string, key: string): Promise<string>;
  /** Resolves with the first emoji put on the event by anybody. */
  waitForReaction(eventId: string): Promise<string>;
  sendFile(
    roomId: string,
    file: { readonly name: string; readonly type: string; readonly content: Buffer },
    isEncrypted: boolean,
  ): Promise<void>;
  fetchFile(message: SeenMessage): Promise<Buffer>;
  /** Accepts the next request and says that the emoji match; resolves with them. */
  awaitVerification(): Promise<readonly string[]>;
  startOwnVerification(deviceId: string): Promise<readonly string[]>;
  isWaiting(): boolean;
  stop(): void;
}

export interface SeenMessage {
  readonly id: string;
  readonly roomId: string;
  readonly text: string;
  readonly html: string | undefined;
  readonly thread: string | undefined;
  readonly replyTo: string | undefined;
  readonly isEncrypted: boolean;
  readonly content: Readonly<Record<string, unknown>>;
}

export async function createPerson(
  url: string,
  account: Account,
  keys: "identity" | "keys only" = "identity",
): Promise<Person> {
  // Parts of the library speak through a logger of its own whatever they are given; its type hides what it can do.
  // oxlint-disable-next-line typescript/no-deprecated
  (rootLogger as unknown as { setLevel(level: string, isKept: boolean): void }).setLevel("silent", false);
  const say = (): void => undefined;
  const logger: Logger = { trace: say, debug: say, info: say, warn: say, error: say, getChild: () => logger };
  const client = createClient({ baseUrl: url, ...account, logger });
  await client.initRustCrypto({ useIndexedDB: false });
  const crypto = client.getCrypto();
  if (crypto === undefined) throw new Error("There are no keys.");
  if (keys === "identity")
    await crypto.bootstrapCrossSigning({
      authUploadDeviceSigningKeys: async (makeRequest) => {
        await makeRequest(null);
      },
    });
  const events: MatrixEvent[] = [];
  client.on(RoomEvent.Timeline, (event) => void events.push(event));
  const requests: VerificationRequest[] = [];
  client.on(CryptoEvent.VerificationRequestReceived, (request) => void requests.push(request));
  let isAsking = false;
  const isPrepared = new Promise<void>((resolve) => {
    client.on(ClientEvent.Sync, (state) => {
      if (state === SyncState.Prepared) resolve();
    });
  });
  // Calls are of no interest here, and talkative.
  client.matrixRTC.start = () => undefined;
  await client.startClient({ initialSyncLimit: 20 });
  await isPrepared;

  const isMessage = (event: MatrixEvent): boolean =>
    (event.getType() as EventType) === EventType.RoomMessage &&
    event.getSender() !== account.userId &&
    !event.isRelation(RelationType.Replace);

  const person: Person = {
    client,
    userId: account.userId,
    get seen() {
      return events.filter(isMessage).map(describe);
    },
    async createRoom({ invite, isEncrypted, isDirect = false, name }) {
      const encryption = { type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } };
      const { room_id: roomId } = await client.createRoom({
        invite: [...invite],
        is_direct: isDirect,
        preset: "private_chat" as never,
        ...(name === undefined ? {} : { name }),
        initial_state: isEncrypted ? [encryption] : [],
      });
      return roomId;
    },
    async say(roomId, text, extra = {}) {
      const content = { msgtype: "m.text", body: text, ...extra };
      const { event_id: eventId } = await client.sendEvent(roomId, EventType.RoomMessage, content as never);
      return eventId;
    },
    async waitFor(words, roomId, timeoutMs = 20_000) {
      const end = Date.now() + timeoutMs;
      for (;;) {
        const found = person.seen.find((each) => each.roomId === roomId && each.text.includes(words));
        if (found !== undefined) return found;
        if (Date.now() > end)
          throw new Error(`"${words}" was not seen, but: ${JSON.stringify(person.seen.map(({ text }) => text))}`);
        await wait(50);
      }
    },
    async waitForMember(roomId, userId) {
      for (let tries = 0; tries < 300; tries += 1) {
        if (client.getRoom(roomId)?.getMember(userId)?.membership === "join") return;
        await wait(50);
      }
      throw new Error(`${userId} did not come.`);
    },
    async react(roomId, eventId, key) {
      const content = { "m.relates_to": { rel_type: RelationType.Annotation, event_id: eventId, key } };
      return (await client.sendEvent(roomId, EventType.Reaction, content as never)).event_id;
    },
    async waitForReaction(eventId) {
      for (let tries = 0; tries < 300; tries += 1) {
        const found = events.find(
          (event) => event.getType() === "m.reaction" && event.getRelation()?.event_id === eventId,
        );
        if (found !== undefined) return String(found.getRelation()?.key);
        await wait(50);
      }
      throw new Error("No reaction came.");
    },
    async sendFile(roomId, { name, type, content }, isEncrypted) {
      const info = { mimetype: type, size: content.length };
      const message = { msgtype: "m.file", body: name, filename: name, info };
      if (!isEncrypted) {
        const uploaded = await client.uploadContent(new Blob([new Uint8Array(content)]), { type, name });
        const event = { ...message, url: uploaded.content_uri };
        await client.sendEvent(roomId, EventType.RoomMessage, event as never);
        return;
      }
      // By the library's own encryption of files, not by ours.
      const encrypted = Attachment.encrypt(new Uint8Array(content));
      const uploaded = await client.uploadContent(new Blob([new Uint8Array(encrypted.encryptedData)]));
      const file = { ...(JSON.parse(encrypted.mediaEncryptionInfo ?? "{}") as object), url: uploaded.content_uri };
      await client.sendEvent(roomId, EventType.RoomMessage, { ...message, file } as never);
    },
    async fetchFile({ content }) {
      const file = content["file"] as { url: string } | undefined;
      const address = client.mxcUrlToHttp(
        file?.url ?? String(content["url"]),
        undefined,
        undefined,
        undefined,
        false,
        true,
        true,
      );
      const answer = await fetch(address ?? "", { headers: { authorization: `Bearer ${account.accessToken}` } });
      const bytes = new Uint8Array(await answer.arrayBuffer());
      if (file === undefined) return Buffer.from(bytes);
      return Buffer.from(Attachment.decrypt(new EncryptedAttachment(bytes, JSON.stringify(file))));
    },
    async awaitVerification() {
      const before = requests.length;
      while (requests.length === before) await wait(50);
      const request = requests[before] as VerificationRequest;
      await request.accept();
      return compareEmoji(request);
    },
    async startOwnVerification(deviceId) {
      await crypto.getUserDeviceInfo([account.userId], true);
      const request = await crypto.requestDeviceVerification(account.userId, deviceId);
      isAsking = true;
      return compareEmoji(request);
    },
    isWaiting: () => isAsking,
    stop: () => client.stopClient(),
  };
  return person;
}

/** Goes on as Element does: whoever may begin begins, and the person looks at the emoji. */
async function compareEmoji(request: VerificationRequest): Promise<readonly string[]> {
  const until = async (isThere: () => boolean): Promise<void> => {
    while (!isThere()) {
      if (request.phase === VerificationPhase.Cancelled) throw new Error("The other side cancelled it.");
      await wait(30);
    }
  };
  await until(() => request.phase >= VerificationPhase.Ready);
  await until(() => request.verifier !== undefined);
  const { verifier } = request;
  if (verifier === undefined) throw new Error("Nobody began.");
  const shown = new Promise<ShowSasCallbacks>((resolve) => verifier.once(VerifierEvent.ShowSas, resolve));
  const done = verifier.verify();
  const sas = await Promise.race([shown, done.then(() => Promise.reject(new Error("It ended early.")))]);
  const emoji = (sas.sas.emoji ?? []).map(([symbol]) => symbol);
  await sas.confirm();
  await done;
  await until(() => request.phase === VerificationPhase.Done);
  return emoji;
}

function describe(event: MatrixEvent): SeenMessage {
  const content = event.getContent();
  const relation = event.getWireContent()["m.relates_to"] as Record<string, unknown> | undefined;
  return {
    id: event.getId() ?? "",
    roomId: event.getRoomId() ?? "",
    text: event.isRedacted() ? "" : String(content["body"] ?? ""),
    html: content["formatted_body"] as string | undefined,
    thread: relation?.["rel_type"] === "m.thread" ? String(relation["event_id"]) : undefined,
    replyTo: event.replyEventId,
    isEncrypted: event.isEncrypted() && !event.isDecryptionFailure(),
    content,
  };
}
