import type { FileStore } from "../core/channel.ts";
import type { ReadDocument } from "../core/document.ts";
import type { EgressFetch } from "../core/egress.ts";
import type { Attachment } from "../core/message.ts";
import type { Store } from "../core/store.ts";
import type { Tool } from "../core/tool.ts";
import { createCalculator } from "./basics/calculator.ts";
import { createDateAndTime } from "./basics/date-and-time.ts";
import { createBrowserTools } from "./browser/tools.ts";
import type { ConfiguredService } from "./configured.ts";
import { createDatabaseQuery } from "./database/query.ts";
import { createSqliteQuery } from "./database/sqlite.ts";
import { createDailyTools } from "./daily/index.ts";
import { createReadDocument } from "./documents/read-document.ts";
import { createGit } from "./git/git.ts";
import type { SearchPeople } from "./daily/find-person.ts";
import { createMediaTools } from "./media/index.ts";
import type { LookAtImage } from "./media/look-at-image.ts";
import { createMessageActions } from "./messages/act-on-message.ts";
import { createConversationSearch } from "./messages/conversation-search.ts";
import type { PlacedMessagesOptions } from "./messages/placed.ts";
import { createDeskRead, type DeskReadOptions } from "./messages/desk-read.ts";
import { createRecentMessages, type RecentMessagesOptions } from "./messages/recent-messages.ts";
import { createSendMessage, type MessageTarget } from "./messages/send-message.ts";
import { createOperationsTools } from "./operations/index.ts";
import { createShell } from "./shell/shell.ts";
import { createHttpGet, createHttpSend } from "./web/http-request.ts";
import { createWebFetch } from "./web/web-fetch.ts";
import { createWebSearch, isSearchService } from "./web/web-search.ts";
import { createFileTools } from "./workspace/index.ts";

export interface ToolsOptions {
  /** The owner's. */
  readonly timeZone: string;
  readonly fetch: EgressFetch;
  /** As `fetch`; the hosts of `services` may be private. */
  readonly fetchService: EgressFetch;
  readonly services: readonly ConfiguredService[];
  /** Takes out of text from outside what nobody can see. */
  readonly cleanText: (text: string) => string;
  readonly search: Store["searchMessages"];
  /** Where send_message may send to besides the conversation it is called from. */
  readonly targets: readonly MessageTarget[];
  /** The folder of the file, git, shell and document tools; absolute, made on first use. */
  readonly workspace: string;
  readonly shell: "off" | "sandbox";
  readonly readDocument: ReadDocument;
  readonly files: FileStore;
  /** Files that came with messages of a conversation, the latest first. */
  readonly attachments: (conversation: string) => Promise<readonly Attachment[]>;
  /** Chromium's program; without one the browser tools are not offered. */
  readonly chromium: string | undefined;
  /** Absent: pictures cannot be looked at. */
  readonly look?: LookAtImage;
  /** Absent: people cannot be searched. */
  readonly searchPeople?: SearchPeople;
  /** Absent: single messages cannot be changed, reacted to or answered. */
  readonly placed?: PlacedMessagesOptions;
  /** Absent: nobody reads across channels. */
  readonly desk?: Pick<DeskReadOptions, "desk" | "digest" | "isOwner"> & Pick<RecentMessagesOptions, "received">;
  /** Closes what the tools hold open. */
  readonly stop: AbortSignal;
}

/** The tools that are built in, in a fixed order. Makes closures only: nothing is loaded, opened or started before a tool is called. */
export function createTools(options: ToolsOptions): readonly Tool[] {
  const { services, files, chromium } = options;
  const searchService = services.find(isSearchService);
  const databases = services.filter(({ kind }) => kind === "postgres");
  return [
    createDateAndTime(options),
    createCalculator(),
    createWebFetch(options),
    createConversationSearch(options),
    createSendMessage(options),
    ...(searchService === undefined ? [] : [createWebSearch({ ...options, service: searchService })]),
    createHttpGet(options),
    createHttpSend(options),
    createReadDocument({ ...options, openFile: (attachment) => files.open(attachment) }),
    ...createFileTools(options),
    createGit(options),
    ...(options.shell === "off" ? [] : [createShell(options)]),
    ...(databases.length === 0 ? [] : [createDatabaseQuery({ databases })]),
    createSqliteQuery(options),
    ...(chromium === undefined
      ? []
      : createBrowserTools({ ...options, program: chromium, saveFile: (...file) => files.save(...file) })),
    ...createOperationsTools(options),
    ...createDailyTools(options),
    ...createMediaTools(options),
    ...(options.placed === undefined ? [] : createMessageActions(options.placed)),
    ...(options.desk === undefined
      ? []
      : [createDeskRead({ ...options, ...options.desk }), createRecentMessages({ ...options, ...options.desk })]),
  ];
}
