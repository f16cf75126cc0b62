import { z } from "zod";
import { pickNearest } from "../src/core/nearest.ts";

/**
 * What parlance.yaml may hold. Defaults stand in defaults.yaml and are merged in before this schema is asked, so a
 * key without "optional" always has a value. Platform keys of a channel are judged by the platform's own schema.
 * Every key is explained in example.yaml.
 */

const seconds = z.int().min(1).max(86_400);
const days = z.int().min(1).max(3650);
const dollars = z.number().positive().max(1_000_000);
const bytes = z
  .int()
  .min(1024)
  .max(1024 ** 3);
const webAddress = z.url({
  protocol: /^https?$/,
  error: "must be a web address that starts with http:// or https://",
});
const text = z.string().min(1);
const price = z.number().min(0);
const patienceMs = z.int().min(1000).max(86_400_000);

/** Names of channels and model aliases: they become part of ids, file names and addresses. */
const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/, "must be a name of at most 40 letters, digits, - and _");

const http = z.strictObject({
  host: text,
  port: z.int().min(0).max(65_535),
  token: z.string().min(16, "must have at least 16 characters, because whoever has it is the owner").exactOptional(),
  publicUrl: webAddress.exactOptional(),
});

const owner = z.strictObject({
  name: text,
  timeZone: z.string().refine(isTimeZone, { error: (issue) => describeTimeZone(issue.input) }),
  ids: z.array(
    z.string().regex(/^[^:\s]+:\S+$/, 'must look like "telegram:42": channel name, colon, id on that platform'),
  ),
});

export const providers = [
  "openai",
  "anthropic",
  "google",
  "azure",
  "bedrock",
  "openai-compatible",
  "offline",
  "llama",
  "onnx",
] as const;

/** What tools can reach beyond the machine: one block each under `services`. */
export const serviceKinds = [
  "http",
  "searxng",
  "brave",
  "tavily",
  "postgres",
  "alertmanager",
  "pagerduty",
  "prometheus",
  "kubernetes",
  "github",
  "calendar",
  "speech",
] as const;

const alias = z.strictObject({
  provider: z.enum(providers),
  model: text.exactOptional(),
  baseUrl: webAddress.exactOptional(),
  apiKey: text.exactOptional(),
  fallback: z.array(text).max(10).exactOptional(),
  contextTokens: z.int().min(512).max(100_000_000).exactOptional(),
  maxTokens: z.int().min(1).max(10_000_000).exactOptional(),
  temperature: z.number().min(0).max(2).exactOptional(),
  price: z
    .strictObject({
      input: price,
      output: price,
      cached: price.exactOptional(),
      cacheWrite: price.exactOptional(),
    })
    .exactOptional(),
  headers: z
    .record(z.string().regex(/^[A-Za-z0-9-]{1,64}$/, "must be the name of an HTTP header"), z.string())
    .exactOptional(),
  region: text.exactOptional(),
  accessKeyId: text.exactOptional(),
  secretAccessKey: text.exactOptional(),
  sessionToken: text.exactOptional(),
  resourceName: text.exactOptional(),
  apiVersion: text.exactOptional(),
  firstTokenTimeoutMs: patienceMs.exactOptional(),
  idleTimeoutMs: patienceMs.exactOptional(),
  life: z.enum(["immediate", "hibernate", "keep"]).exactOptional(),
  dimensions: z.int().min(32).max(8192).exactOptional(),
  task: text.exactOptional(),
});

const service = z.strictObject({
  kind: z.enum(serviceKinds),
  url: text,
  token: text.exactOptional(),
  user: text.exactOptional(),
  listenModel: text.exactOptional(),
  speakModel: text.exactOptional(),
  voice: text.exactOptional(),
});

const effect = z.enum(["read", "write", "send", "execute", "destroy"]);

const mcpServer = z.strictObject({
  command: z.array(text).min(1).max(100).exactOptional(),
  env: z.record(z.string(), z.string()).exactOptional(),
  url: webAddress.exactOptional(),
  token: text.exactOptional(),
  effect: effect.exactOptional(),
});

/** A program of somebody else's that runs shut in: it reaches what stands here and nothing else. */
const plugin = z.strictObject({
  file: text,
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/i, "must be the 64 digits (0-9, a-f) that sha256sum prints")
    .exactOptional(),
  hosts: z
    .array(
      z
        .string()
        .max(253)
        .regex(
          /^(\*\.[a-z0-9-]+(\.[a-z0-9-]+)+|[a-z0-9-]+(\.[a-z0-9-]+)*)$/i,
          'must be the name of a host, such as api.example.org or "*.example.org", without a scheme, port or path',
        ),
    )
    .max(100)
    .exactOptional(),
  keys: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,99}$/, "must be a name of letters, digits, _, . and -"), text)
    .exactOptional(),
  folders: z.record(name, z.strictObject({ path: text, access: z.enum(["read", "write"]) })).exactOptional(),
  memoryMb: z.int().min(1).max(1024).exactOptional(),
  timeoutMs: z.int().min(100).max(300_000).exactOptional(),
  effect: effect.exactOptional(),
});

const reply = z.strictObject({
  action: z.enum(["off", "draft", "approve", "auto"]).exactOptional(),
  quietHours: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/, 'must look like "22:00-07:00"')
    .exactOptional(),
  perSenderPerHour: z.int().min(0).max(1000).exactOptional(),
  escalateFrom: z.enum(["low", "normal", "high", "urgent"]).exactOptional(),
});

/** A person who is told what happened, at set times. */
const digest = z.strictObject({
  when: z
    .string()
    .regex(
      /^(?:hourly|daily(?: +\d{1,2}:\d\d)?|weekly(?: +[a-z]{3,9})?(?: +\d{1,2}:\d\d)?|\S+(?: +\S+){4,5})$/i,
      'must be hourly, daily 08:00, weekly mon 08:00, or a cron pattern such as "0 8 * * 1-5"',
    ),
  to: z
    .string()
    .regex(/^(?:owner|[^:\s]+:\S+)$/, 'must be owner, or look like "telegram:42": channel name, colon, id there')
    .exactOptional(),
});

/** The keys that every channel has, whatever its platform. */
export const channelSchema = z.strictObject({
  platform: text,
  mode: z.enum(["open", "mention", "listen", "off"]),
  access: z.enum(["pairing", "allow", "open"]),
  allow: z.array(text),
  persona: text.exactOptional(),
  midTurn: z.enum(["collect", "steer", "interrupt"]),
  onUncertain: z.enum(["ask", "resend", "drop"]),
  reply: reply.exactOptional(),
});

export const configSchema = z.strictObject({
  http,
  owner,
  database: z
    .string()
    .regex(
      /^postgres(ql)?:\/\//,
      "must be a PostgreSQL address that starts with postgres://; leave it out for a SQLite file in the data folder",
    )
    .exactOptional(),
  queue: z
    .string()
    .regex(/^rediss?:\/\//, "must be a Redis address that starts with redis:// or rediss://")
    .exactOptional(),
  models: z.strictObject({
    default: text.exactOptional(),
    aliases: z.record(name, alias),
    offline: z.boolean(),
    memoryMb: z.int().min(64).max(10_000_000).exactOptional(),
  }),
  channels: z.record(name, z.unknown()),
  memory: z.strictObject({
    conversations: z.boolean(),
    embedder: text.exactOptional(),
    reranker: text.exactOptional(),
  }),
  services: z.record(name, service),
  mcp: z.record(name, mcpServer),
  plugins: z.record(name, plugin),
  tools: z.strictObject({ workspace: text.exactOptional(), shell: z.enum(["off", "sandbox"]) }),
  digests: z.record(name, digest),
  council: z.strictObject({
    members: z.array(text).max(10),
    chair: text.exactOptional(),
    strategy: z.enum(["chair", "score", "majority"]),
  }),
  agent: z.strictObject({
    maxSteps: z.int().min(1).max(200),
    maxTurnMs: z.int().min(1000).max(86_400_000),
    historyTokens: z.int().min(256).max(10_000_000),
  }),
  budgets: z.strictObject({
    perDay: dollars.exactOptional(),
    perConversation: dollars.exactOptional(),
    perPerson: dollars.exactOptional(),
  }),
  workers: z.strictObject({
    concurrency: z.int().min(1).max(1000),
    debounceMs: z.int().min(0).max(60_000),
    leaseSeconds: seconds.min(5),
  }),
  safety: z.strictObject({
    mode: z.enum(["safe", "cautious", "paranoid", "yolo"]),
    allowPrivate: z.array(text),
  }),
  limits: z.strictObject({ bodyBytes: bytes, fileBytes: bytes }),
  log: z.strictObject({ level: z.enum(["debug", "info", "warn", "error"]) }),
  keep: z.strictObject({ inboxDays: days, journalDays: days, outboxDays: days }),
});

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

/** One model. Only `provider: offline` has no model of its own; it is named "offline" then. */
export type ModelAlias = DeepReadonly<z.output<typeof alias>> & { readonly model: string };

export type ServiceConfig = DeepReadonly<z.output<typeof service>>;
export type McpServerConfig = DeepReadonly<z.output<typeof mcpServer>>;
export type PluginConfig = DeepReadonly<z.output<typeof plugin>>;

/** One configured channel. `allow` holds full person ids ("telegram:42"). `options` are the platform's own keys, validated by its schema. */
export type ChannelConfig = DeepReadonly<z.output<typeof channelSchema>> & {
  readonly options: unknown;
};

export type Config = DeepReadonly<Omit<z.output<typeof configSchema>, "channels" | "models">> & {
  readonly models: {
    readonly default?: string;
    readonly aliases: Readonly<Record<string, ModelAlias>>;
    /** Never downloads, never looks for a model elsewhere. */
    readonly offline: boolean;
    /** Of local models together, in MiB; absent: half of the machine's. */
    readonly memoryMb?: number;
  };
  readonly channels: Readonly<Record<string, ChannelConfig>>;
};

export type Section = keyof Config;

/** The list first: setting up a formatter costs 20 ms of start-up. Old names are only known to it. */
function isTimeZone(value: string): boolean {
  if (/^(Etc\/)?(UTC|GMT)$/.test(value) || Intl.supportedValuesOf("timeZone").includes(value)) return true;
  try {
    new Intl.DateTimeFormat("en", { timeZone: value });
    return true;
  } catch {
    return false;
  }
}

function describeTimeZone(value: unknown): string {
  const nearest = typeof value === "string" ? pickNearest(value, Intl.supportedValuesOf("timeZone")) : undefined;
  return `is not a known time zone. ${nearest === undefined ? "Write it like Europe/Berlin." : `Did you mean "${nearest}"?`}`;
}
