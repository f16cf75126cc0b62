import { createTools, type ToolsOptions } from "../../src/tools/index.ts";

const never = () => Promise.reject(new Error("not here"));

/** Every built-in tool, with a service of each kind, and a world that answers nothing. */
export function createAllTools(change: Partial<ToolsOptions> = {}) {
  return createTools({
    timeZone: "UTC",
    fetch: never,
    fetchService: never,
    services: [
      { name: "lookup", kind: "searxng", url: "https://search.example.org" },
      { name: "warehouse", kind: "postgres", url: "postgres://reader@db.example.org/warehouse" },
      ...["prometheus", "alertmanager", "pagerduty", "kubernetes", "github", "calendar", "speech"].map((kind) => ({
        name: `our-${kind}`,
        kind,
        url: `https://${kind}.example.org`,
      })),
      { name: "our-pager", kind: "pagerduty", url: "https://events.example.org/v2/enqueue" },
    ],
    cleanText: String,
    search: () => Promise.resolve([]),
    targets: [],
    workspace: "/nowhere/workspace",
    shell: "sandbox",
    readDocument: never,
    files: {
      save: never,
      open: () => {
        throw new Error("not here");
      },
    },
    attachments: () => Promise.resolve([]),
    chromium: "/nowhere/chromium",
    look: never,
    searchPeople: never,
    placed: { recentMessages: never, channel: () => undefined },
    stop: new AbortController().signal,
    ...change,
  });
}
