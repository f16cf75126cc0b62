import { z } from "zod";
import type { Store } from "../../core/store.ts";
import type { Tool } from "../../core/tool.ts";
import { defineTool, words } from "../define.ts";

/** `search` is the store's `searchMessages`. It sees the conversation of the call and no other. */
export function createConversationSearch({ search }: { readonly search: Store["searchMessages"] }): Tool {
  return defineTool({
    name: "conversation_search",
    description: "Searches everything said earlier in this conversation, older sessions included, for words.",
    input: z.strictObject({
      words: z.string().min(1).max(200),
      limit: z.int().min(1).max(20).optional().describe("8 when absent."),
    }),
    effect: "read",
    keywords: [
      ...words("earlier previously remember said told mentioned discussed talked search history conversation recall"),
      ...words("vorhin gesagt erinnerst suche gespräch souviens cherche dijiste busca detto cerca"),
      "last time",
      "letztes mal",
    ],
    timeoutMs: 5000,
    maxOutputChars: 8000,
    async run({ words: wanted, limit = 8 }, { conversation }) {
      const found = await search(conversation, wanted, limit);
      if (found.length === 0) return { text: "Nothing was found.", isOutside: false };
      const lines = found.map(({ at, senderName, text }) => {
        const when = new Date(at).toISOString().slice(0, 16).replace("T", " ");
        return `[${when} UTC] ${senderName.slice(0, 80)}: ${text.slice(0, 1000)}`;
      });
      // Strangers' words may be among them, and the record does not tell.
      return { text: lines.join("\n"), isOutside: true };
    },
  });
}
