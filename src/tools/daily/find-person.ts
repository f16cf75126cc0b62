import { z } from "zod";
import type { PersonRecord } from "../../core/store.ts";
import type { Tool } from "../../core/tool.ts";
import { defineTool, words } from "../define.ts";
import { cutLine } from "../reach.ts";

/**
 * People whose name or id holds these words, as far as the one who asks may know of them; at most `limit`. Who may know
 * of whom is for whoever gives this to decide.
 */
export type SearchPeople = (words: string, limit: number, askedBy: string) => Promise<readonly PersonRecord[]>;

export interface FindPersonOptions {
  readonly searchPeople: SearchPeople;
  readonly cleanText: (text: string) => string;
}

export function createFindPerson({ searchPeople, cleanText }: FindPersonOptions): Tool {
  return defineTool({
    name: "find_person",
    description: "Finds people who are known here by their name: their id on a channel, and their role.",
    input: z.strictObject({
      name: z.string().min(1).max(100),
      limit: z.int().min(1).max(20).optional().describe("10 when absent."),
    }),
    effect: "read",
    keywords: [
      ...words("contacts kontakte contactos contatti"),
      "contact details",
      "how do i reach",
      "how can i reach",
      "get in touch with",
      "get hold of",
    ],
    timeoutMs: 5000,
    maxOutputChars: 4000,
    async run({ name, limit = 10 }, { sender }) {
      const found = (await searchPeople(name, limit, sender.id)).slice(0, limit);
      if (found.length === 0) return { text: "Nobody of that name is known.", isOutside: false };
      const lines = found.map((person) => `${cutLine(person.name, 100)}: ${cutLine(person.id, 120)} (${person.role})`);
      // People choose their own names.
      return { text: cleanText(lines.join("\n")), isOutside: true };
    },
  });
}
