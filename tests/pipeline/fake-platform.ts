import type { Channel, ChannelTraits, SendContext } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import type { OutboundMessage } from "../../src/core/message.ts";

/** How the platform treats the next part that is sent to it. */
export type Treatment =
  | "takes"
  | "refuses"
  | "asks-to-wait"
  /** It arrives, but the answer is lost. */
  | "takes-and-is-cut-off"
  | "is-cut-off";

export interface Shown {
  readonly chat: string;
  readonly outboundId: string;
  readonly part: number;
  readonly text: string;
}

/** A platform that outlives the processes which talk to it. */
export interface FakePlatform {
  /** What people see, in order. */
  readonly shown: readonly Shown[];
  readonly typed: readonly string[];
  readonly previews: readonly string[];
  readonly edits: readonly { readonly platformId: string; readonly text: string }[];
  readonly reactions: readonly { readonly platformId: string; readonly emoji: string }[];
  /** Calls of `send`. */
  readonly sends: number;
  /** Calls of `reconcile`. */
  readonly probes: number;
  /** For the next parts, in order; then "takes". */
  plan(...treatments: readonly Treatment[]): void;
  /** What becomes of every part without a plan. */
  setDefault(treatment: Treatment): void;
  setProbe(works: boolean): void;
  /** A connection to it. */
  connect(): Channel;
}

export interface FakePlatformOptions {
  readonly reconciles?: ChannelTraits["reconciles"];
  /** Text is cut into parts of this length. */
  readonly partLength?: number;
  readonly openDirect?: string;
  /** What happens right before a part leaves; the send then makes sure that the message is still its own. */
  readonly beforePart?: () => Promise<void>;
  /** Replies grow by edits, this often. */
  readonly streamsEveryMs?: number;
}

export function createFakePlatform(options: FakePlatformOptions = {}): FakePlatform {
  const { reconciles = "idempotent", partLength = Number.POSITIVE_INFINITY } = options;
  const shown: Shown[] = [];
  const typed: string[] = [];
  const previews: string[] = [];
  const edits: { platformId: string; text: string }[] = [];
  const reactions: { platformId: string; emoji: string }[] = [];
  const planned: Treatment[] = [];
  let usual: Treatment = "takes";
  let canProbe = true;
  let sends = 0;
  let probes = 0;

  const split = (text: string): string[] =>
    text.length <= partLength ? [text] : (text.match(new RegExp(`[^]{1,${partLength}}`, "g")) ?? [text]);
  const platformIdOf = (message: OutboundMessage, part: number) => `p:${message.id}:${part}`;
  const has = (message: OutboundMessage, part: number) =>
    shown.some((each) => each.outboundId === message.id && each.part === part);

  function show(message: OutboundMessage, part: number, text: string): void {
    if (reconciles === "idempotent" && has(message, part)) return;
    shown.push({ chat: message.address.chat, outboundId: message.id, part, text });
  }

  function sendPart(message: OutboundMessage, part: number, text: string): string {
    switch (planned.shift() ?? usual) {
      case "refuses":
        throw new AppError("send-rejected", "The platform refused it.");
      case "asks-to-wait":
        throw new AppError("rate-limited", "Too fast.", { retryAfterMs: 1234.5 });
      case "is-cut-off":
        throw new AppError("send-uncertain", "Cut off.");
      case "takes-and-is-cut-off":
        show(message, part, text);
        throw new AppError("send-uncertain", "Cut off.");
      case "takes":
        show(message, part, text);
        return platformIdOf(message, part);
    }
  }

  async function send(message: OutboundMessage, context: SendContext): Promise<string[]> {
    sends += 1;
    const ids = [...context.sentParts];
    for (const [part, text] of split(message.text).entries()) {
      if (part < context.sentParts.length) continue;
      await options.beforePart?.();
      if (options.beforePart !== undefined) await context.confirm();
      const id = sendPart(message, part, text);
      ids.push(id);
      await context.recordPart(id);
    }
    return ids;
  }

  return {
    shown,
    typed,
    previews,
    edits,
    reactions,
    get sends() {
      return sends;
    },
    get probes() {
      return probes;
    },
    plan: (...treatments) => void planned.push(...treatments),
    setDefault: (treatment) => (usual = treatment),
    setProbe: (works) => (canProbe = works),
    connect: () => ({
      traits: {
        threads: false,
        buttons: true,
        edits: true,
        files: false,
        reactions: true,
        typing: true,
        commands: false,
        revisions: true,
        direct: true,
        catchesUp: true,
        maxTextLength: partLength,
        ...(options.streamsEveryMs === undefined ? {} : { streamsEveryMs: options.streamsEveryMs }),
        redelivers: true,
        reconciles,
        sendsFrom: "connection",
      },
      start: async () => undefined,
      send,
      ...(reconciles === "probe"
        ? {
            reconcileHint: (message: OutboundMessage) => `hint ${message.id}`,
            reconcile: async (message: OutboundMessage, context: SendContext) => {
              probes += 1;
              if (!canProbe) throw new AppError("unreachable", "Away.", { retryAfterMs: 1 });
              const part = context.sentParts.length;
              return has(message, part)
                ? ({ state: "arrived", platformId: platformIdOf(message, part) } as const)
                : ({ state: "absent" } as const);
            },
          }
        : {}),
      edit: async (message, platformId) => {
        edits.push({ platformId, text: message.text });
        const [, outboundId, part] = /^p:(.*):(\d+)$/.exec(platformId) ?? [];
        const index = shown.findIndex((each) => each.outboundId === outboundId && each.part === Number(part));
        const known = shown[index];
        if (known !== undefined) shown[index] = { ...known, text: split(message.text)[0] ?? "" };
      },
      react: async (_address, platformId, emoji) => void reactions.push({ platformId, emoji }),
      typing: async (address) => void typed.push(address.chat),
      preview: (message) => void previews.push(message.text),
      openDirect: async (personId) => ({
        channel: "test",
        chat: options.openDirect ?? `direct-${personId}`,
      }),
    }),
  };
}
