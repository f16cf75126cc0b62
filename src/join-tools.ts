import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { LoadedConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import type { FileStore } from "./core/channel.ts";
import type { EgressFetch } from "./core/egress.ts";
import { AppError } from "./core/errors.ts";
import type { Tool } from "./core/tool.ts";
import { createDocumentReader } from "./documents/index.ts";
import { decideAccess } from "./pipeline/access.ts";
import type { PipelineDeps } from "./pipeline/deps.ts";
import { createTurnUsage } from "./pipeline/turn-usage.ts";
import { createEgress } from "./safety/egress.ts";
import { cleanInboundText } from "./safety/text.ts";
import type { OpenStore } from "./store/index.ts";
import type { SearchPeople } from "./tools/daily/find-person.ts";
import { createTools } from "./tools/index.ts";
import { createLook } from "./tools/media/ask-model.ts";
import type { PlacedMessagesOptions } from "./tools/messages/placed.ts";

/** What tools ask of a running service. */
export type ServiceSide = Pick<
  PipelineDeps,
  | "budget"
  | "channel"
  | "log"
  | "models"
  | "now"
  | "onBudgetWarning"
  | "onModelUsage"
  | "ownerIds"
  | "personas"
  | "pickModel"
  | "policy"
  | "settings"
>;

export interface JoinToolsDeps {
  readonly loaded: LoadedConfig;
  readonly store: OpenStore;
  readonly files: FileStore;
  readonly now: () => number;
  /** Asked for when a tool is called, no sooner. */
  readonly service: () => ServiceSide;
}

export interface JoinedTools {
  /** The built-in tools for a configuration; those of the one before close what they hold open. */
  build(config: Config): readonly Tool[];
  /** The way out for whatever comes in from elsewhere, under the rules of the configuration built last. */
  readonly fetch: EgressFetch;
  close(): void;
}

const browsers = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** The built-in tools and all they are given. Starts nothing before one of them is called. */
export function joinTools({ loaded, store, files, now, service }: JoinToolsDeps): JoinedTools {
  const readDocument = createDocumentReader();
  const look = createLook({ open: createSight(store, service) });
  const searchPeople = createPeopleSearch(store, service);
  const placed: PlacedMessagesOptions = {
    recentMessages: store.recentMessages,
    // In a channel that only listens, nothing of ours shows.
    channel: (name) => (service().policy(name)?.mode === "listen" ? undefined : service().channel(name)),
  };
  let stop = new AbortController();

  const openEgress = (allowPrivateHosts: readonly string[]) =>
    createEgress({
      allowPrivateHosts,
      record: (record, at) => store.write((transaction) => transaction.addEgress(record, at)),
      now,
    });

  let fetch = openEgress([]);

  return {
    fetch: (url, request) => fetch(url, request),
    build(config) {
      stop.abort();
      stop = new AbortController();
      const services = Object.entries(config.services).map(([name, options]) => ({ name, ...options }));
      const { allowPrivate } = config.safety;
      fetch = openEgress(allowPrivate);
      return createTools({
        timeZone: config.owner.timeZone,
        fetch,
        fetchService: openEgress([...allowPrivate, ...services.flatMap(({ url }) => findHost(url))]),
        services,
        cleanText: cleanInboundText,
        search: store.searchMessages,
        targets: [],
        workspace: resolve(config.tools.workspace ?? join(loaded.dataFolder, "workspace")),
        shell: config.tools.shell,
        readDocument,
        files,
        attachments: store.attachments,
        look,
        searchPeople,
        placed,
        desk: {
          isOwner: (id) => id === "system" || service().ownerIds().includes(id),
          received: store.receivedMessages,
          desk: store.cdc,
          digest: async (hours, maxChars) => formatHours(store, service(), hours, maxChars),
        },
        chromium: browsers.find((program) => existsSync(program)),
        stop: stop.signal,
      });
    },
    close: () => stop.abort(),
  };
}

/** What a digest would tell of the last hours, by its template. */
async function formatHours(
  store: OpenStore,
  { now, settings }: ServiceSide,
  hours: number,
  maxChars: number,
): Promise<string> {
  const [{ collectDigest }, { formatDigest }] = await Promise.all([
    import("./pipeline/desk/collect-digest.ts"),
    import("./cdc/digest/format-digest.ts"),
  ]);
  const toAt = now();
  const { ownerName, timeZone } = settings();
  const fromAt = toAt - hours * 3_600_000;
  return formatDigest(await collectDigest(store, "preview", { fromAt, toAt, ownerName, timeZone }), { maxChars });
}

/** Pictures are looked at by the model that answers in the conversation, on the account of the person who asks. */
export function createSight(store: OpenStore, service: () => ServiceSide): Parameters<typeof createLook>[0]["open"] {
  return async ({ conversation, sender }) => {
    const deps = service();
    const state = await store.conversation(conversation);
    const persona = deps.personas().get(state?.persona ?? state?.foundPersona ?? "general");
    const name = state && persona && deps.pickModel(state, persona);
    const model = name === undefined ? undefined : deps.models().get(name);
    // Neither those that run in our own processes nor what stands in for a model can see.
    if (model === undefined || /^(offline|llama)\b/.test(model.id))
      throw new AppError("unsupported", "The model that answers here cannot see pictures.", {
        hint: "Another one can be set with /model.",
      });
    const spender = { conversation, person: sender.id, ...(persona === undefined ? {} : { persona }) };
    deps.budget.check(spender);
    const usage = createTurnUsage({ ...deps, store }, spender, model.id);
    return { model, onSpend: usage.add, close: usage.save };
  };
}

/** Members find everybody who is known here, and the owner; guests find nobody. */
export function createPeopleSearch(
  store: Pick<OpenStore, "person" | "searchPeople">,
  service: () => Pick<ServiceSide, "ownerIds" | "policy" | "settings">,
): SearchPeople {
  return async (words, limit, askedBy) => {
    const { ownerIds, policy, settings } = service();
    const channel = policy(askedBy.slice(0, askedBy.indexOf(":")));
    if (channel === undefined) return [];
    const asker = { sender: { id: askedBy, name: "", isBot: false }, isGroup: false };
    const access = decideAccess(asker, channel, ownerIds(), await store.person(askedBy));
    if (access.verdict !== "allow" || access.role === "guest") return [];
    const name = settings().ownerName;
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    const owners = ownerIds()
      .filter((id) => wanted.every((word) => `${name} ${id}`.toLowerCase().includes(word)))
      .map((id) => ({ id, name, role: "owner" as const }));
    const others = (await store.searchPeople(words, limit)).filter(({ id }) => !ownerIds().includes(id));
    return [...owners, ...others].slice(0, limit);
  };
}

/** "host:port" of a service, so that a private one can be reached, and no other port of its host. */
function findHost(address: string): readonly string[] {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol)) return [];
  return [`${url.hostname}:${url.port === "" ? (url.protocol === "http:" ? 80 : 443) : url.port}`];
}
