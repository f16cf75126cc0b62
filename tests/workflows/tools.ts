import { fileURLToPath } from "node:url";
import { formatDigest } from "../../src/cdc/digest/format-digest.ts";
import type { Tool } from "../../src/core/tool.ts";
import { createDocumentReader } from "../../src/documents/index.ts";
import { collectDigest } from "../../src/pipeline/desk/collect-digest.ts";
import { createEgress } from "../../src/safety/egress.ts";
import { cleanInboundText } from "../../src/safety/text.ts";
import type { OpenStore } from "../../src/store/index.ts";
import { createTools } from "../../src/tools/index.ts";

export const timeZone = "Europe/Berlin";

const never = () => Promise.reject(new Error("not here"));

/** All real tools, over a real store and a real folder; what they reach by HTTP is played at `origin`. */
export function createRealTools(place: {
  readonly store: OpenStore;
  readonly workspace: string;
  readonly origin: string;
  readonly now: () => number;
}): readonly Tool[] {
  const { store, workspace, origin, now } = place;
  const fetch = createEgress({ allowPrivateHosts: ["127.0.0.1"], record: () => undefined, now });
  return createTools({
    timeZone,
    fetch,
    fetchService: fetch,
    services: [
      ...["searxng", "prometheus", "alertmanager", "pagerduty", "kubernetes", "github"].map((kind) => ({
        name: `our-${kind}`,
        kind,
        url: `${origin}/${kind}`,
        token: "the-token",
      })),
      { name: "our-pager", kind: "pagerduty", url: `${origin}/v2/enqueue`, token: "the-key" },
      { name: "our-calendar", kind: "calendar", url: `${origin}/calendar.ics` },
    ],
    cleanText: cleanInboundText,
    search: store.searchMessages,
    targets: [],
    workspace,
    shell: "off",
    readDocument: createDocumentReader(),
    files: {
      save: never,
      open: () => {
        throw new Error("not here");
      },
    },
    attachments: store.attachments,
    chromium: undefined,
    searchPeople: (words, limit) => store.searchPeople(words, limit),
    desk: {
      isOwner: (id) => id === "system" || id === "test:ada",
      received: store.receivedMessages,
      desk: store.cdc,
      digest: async (hours, maxChars) =>
        formatDigest(
          await collectDigest(store, "workflow", {
            fromAt: now() - hours * 3_600_000,
            toAt: now(),
            timeZone,
            ownerName: "Ada",
          }),
          { maxChars },
        ),
    },
    stop: new AbortController().signal,
  });
}

export const personaFolder: string = fileURLToPath(new URL("../../personas", import.meta.url));
