import type { EgressFetch } from "../core/egress.ts";
import type { Store } from "../core/store.ts";
import type { Tool } from "../core/tool.ts";
import { createCalculator } from "./calculator.ts";
import { createConversationSearch } from "./conversation-search.ts";
import { createDateAndTime } from "./date-and-time.ts";
import { createSendMessage, type MessageTarget } from "./send-message.ts";
import { createWebFetch } from "./web-fetch.ts";

export interface ToolsOptions {
  /** The owner's. */
  readonly timeZone: string;
  readonly fetch: EgressFetch;
  /** Takes out of text from outside what nobody can see. */
  readonly cleanText: (text: string) => string;
  readonly search: Store["searchMessages"];
  /** Where send_message may send to besides the conversation it is called from. */
  readonly targets: readonly MessageTarget[];
}

/** The tools that are built in, in a fixed order. */
export function createTools(options: ToolsOptions): readonly Tool[] {
  return [
    createDateAndTime(options),
    createCalculator(),
    createWebFetch(options),
    createConversationSearch(options),
    createSendMessage(options),
  ];
}
