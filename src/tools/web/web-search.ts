import { z } from "zod";
import type { EgressFetch, EgressRequest } from "../../core/egress.ts";
import { AppError } from "../../core/errors.ts";
import type { Tool } from "../../core/tool.ts";
import { formatAuthorization, joinUrl, type ConfiguredService } from "../configured.ts";
import { defineTool, words } from "../define.ts";
import { checkStatus } from "./status.ts";

export interface WebSearchOptions {
  readonly service: ConfiguredService;
  readonly fetchService: EgressFetch;
  readonly cleanText: (text: string) => string;
}

interface Found {
  readonly title: string;
  readonly url: string;
  readonly text: string;
}

/** How each kind of service is asked, and where its answer holds the results. */
interface Dialect {
  readonly ask: (
    service: ConfiguredService,
    words: string,
    limit: number,
  ) => readonly [URL, Pick<EgressRequest, "method" | "headers" | "body">];
  readonly path: readonly string[];
  readonly text: string;
}

const dialects: Readonly<Record<string, Dialect>> = {
  // docs.searxng.org/dev/search_api.html; needs `json` among its formats
  searxng: {
    ask(service, wanted) {
      const url = joinUrl(service.url, "search");
      url.search = new URLSearchParams({ q: wanted, format: "json" }).toString();
      return [url, { headers: formatAuthorization(service) }];
    },
    path: ["results"],
    text: "content",
  },
  // api-dashboard.search.brave.com/app/documentation/web-search
  brave: {
    ask(service, wanted, limit) {
      const url = joinUrl(service.url, "res/v1/web/search");
      url.search = new URLSearchParams({ q: wanted, count: String(limit), text_decorations: "false" }).toString();
      return [url, { headers: { "x-subscription-token": service.token ?? "" } }];
    },
    path: ["web", "results"],
    text: "description",
  },
  // docs.tavily.com/documentation/api-reference/endpoint/search
  tavily: {
    ask(service, wanted, limit) {
      const body = JSON.stringify({ query: wanted, max_results: limit });
      const headers = { ...formatAuthorization(service), "content-type": "application/json" };
      return [joinUrl(service.url, "search"), { method: "POST", headers, body }];
    },
    path: ["results"],
    text: "content",
  },
};

/** Can this service be asked? */
export function isSearchService({ kind }: ConfiguredService): boolean {
  return Object.hasOwn(dialects, kind);
}

export function createWebSearch({ service, fetchService, cleanText }: WebSearchOptions): Tool {
  return defineTool({
    name: "web_search",
    description:
      "Searches the web and gives titles, addresses and short texts. Read the pages themselves with web_fetch.",
    input: z.strictObject({
      words: z.string().min(1).max(400),
      limit: z.int().min(1).max(10).optional().describe("5 when absent."),
    }),
    effect: "read",
    keywords: [
      ...words("search google web internet research"),
      ...words("suche websuche recherchiere cherche recherche busca"),
      "look up",
      "find out",
      "the news",
      "latest news",
      "nachrichten zu",
      "finde heraus",
    ],
    timeoutMs: 30_000,
    maxOutputChars: 10_000,
    async run({ words: wanted, limit = 5 }, { signal, turnId }) {
      const dialect = dialects[service.kind];
      if (dialect === undefined) throw new AppError("unsupported", "This service is not one that searches.");
      const [url, request] = dialect.ask(service, wanted, limit);
      const response = await fetchService(url.href, { ...request, signal, turnId, timeoutMs: 20_000 });
      checkStatus(response);
      const found = readResults(response.body, dialect).slice(0, limit);
      if (found.length === 0) return { text: "Nothing was found.", isOutside: false };
      const text = found.map(({ title, url: address, text: about }) => `${title}\n${address}\n${about}`).join("\n\n");
      return { text: cleanText(text), isOutside: true };
    },
  });
}

function readResults(body: Uint8Array, { path, text }: Dialect): readonly Found[] {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(body));
  } catch (error) {
    throw new AppError("tool-failed", "The search service did not answer with JSON.", {
      hint: "SearXNG needs `json` among `search.formats` in its settings.",
      cause: error,
    });
  }
  for (const name of path) value = isRecord(value) ? value[name] : undefined;
  return (Array.isArray(value) ? value : []).flatMap((item: unknown) => {
    if (!isRecord(item) || typeof item["url"] !== "string") return [];
    const line = (name: string) => (typeof item[name] === "string" ? item[name].replace(/\s+/g, " ").trim() : "");
    return [{ title: line("title").slice(0, 200), url: item["url"].slice(0, 500), text: line(text).slice(0, 500) }];
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
