import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClassifier } from "../../../src/cdc/classify.ts";
import { createPromiseFinder } from "../../../src/cdc/promises/find-promises.ts";
import { createWallClock } from "../../../src/cdc/wall-clock.ts";
import type { DraftRecord } from "../../../src/core/cdc.ts";
import type { Desk } from "../../../src/core/desk.ts";
import { silentLogger } from "../../../src/core/log.ts";
import type { OutboundMessage } from "../../../src/core/message.ts";
import { createMetrics } from "../../../src/core/metrics.ts";
import type { ApprovalRecord } from "../../../src/core/store.ts";
import { openDesk } from "../../../src/pipeline/desk/open-desk.ts";
import { createStore, openDatabase, type OpenStore } from "../../../src/store/index.ts";
import { startWebServer, type WebServer } from "../../../src/web/server.ts";
import { call, type Answer, type CallOptions } from "../../doubles/test-app.ts";

export const person = { id: "web:owner", name: "Grace", isBot: false };

export interface DeskPlaceOptions {
  /** The database; absent: one of its own. */
  readonly path?: string;
  readonly port?: number;
  readonly token?: string;
  /** Of the built page. */
  readonly pages?: string;
}

/** The HTTP server over a desk and a real store, with doubles for all else. */
export interface DeskPlace {
  readonly store: OpenStore;
  readonly desk: Desk;
  readonly server: WebServer;
  readonly settled: { readonly draft: DraftRecord; readonly sent: OutboundMessage | undefined }[];
  readonly answered: { readonly approval: ApprovalRecord; readonly outcome: string }[];
  readonly corrected: string[];
  /** Lines that were logged as errors. */
  readonly errors: string[];
  call(path: string, options?: CallOptions): Promise<Answer>;
  close(): Promise<void>;
}

export async function openDeskPlace(options: DeskPlaceOptions = {}): Promise<DeskPlace> {
  const folder = options.path === undefined ? await mkdtemp(join(tmpdir(), "parlance-desk-")) : undefined;
  const store = await createStore(await openDatabase(options.path ?? join(folder ?? "", "test.db")));
  const settled: DeskPlace["settled"] = [];
  const answered: DeskPlace["answered"] = [];
  const corrected: string[] = [];
  const errors: string[] = [];
  const desk = openDesk({
    store,
    now: Date.now,
    drafts: {
      timeZone: () => "UTC",
      judge: async () => ({
        classify: createClassifier(),
        findPromises: createPromiseFinder(),
        readClock: createWallClock(),
      }),
      onDraftAnswered: (draft, sent) => void settled.push({ draft, sent }),
    },
    onAnswered: (approval, outcome) => void answered.push({ approval, outcome }),
    onCorrected: ({ id }, correction) => void corrected.push(`${id} ${correction}`),
  });
  const server = await startWebServer({
    host: "127.0.0.1",
    port: options.port ?? 0,
    token: options.token,
    publicUrl: undefined,
    pagesFolder: options.pages ?? "/nowhere",
    log: { ...silentLogger, error: (fields, message) => void errors.push(`${message} ${JSON.stringify(fields)}`) },
    metrics: createMetrics(),
    now: Date.now,
    createId: () => "id",
    maxBodyBytes: () => 65_536,
    channel: () => undefined,
    isConfigured: () => false,
    ready: async () => ({ isReady: true, checks: {} }),
    person: () => person,
    session: () => ({ channels: [{ name: "web" }], model: { id: "offline", isOffline: true } }),
    modelNames: () => ["default"],
    complete: () => undefined,
    mcp: async () => new Response(null, { status: 404 }),
    desk,
  });
  return {
    store,
    desk,
    server,
    settled,
    answered,
    corrected,
    errors,
    call: (path, request = {}) => call(server.port, path, request),
    async close() {
      await server.close();
      await store.close();
      if (folder !== undefined) await rm(folder, { recursive: true });
    },
  };
}
