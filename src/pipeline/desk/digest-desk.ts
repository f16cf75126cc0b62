import { runModelStep } from "../../agent/step.ts";
import { checkDigest, fillDigest } from "../../cdc/digest/check-digest.ts";
import { formatDigestPrompt } from "../../cdc/digest/digest-prompt.ts";
import type { Digest } from "../../cdc/digest/digest.ts";
import { formatDigest, type LinkTo } from "../../cdc/digest/format-digest.ts";
import { parseDigestWhen } from "../../scheduler/triggers/digest-pattern.ts";
import { AppError, describeError } from "../../core/errors.ts";
import { createId } from "../../core/id.ts";
import type { Address } from "../../core/message.ts";
import { say } from "../../core/say.ts";
import type { PipelineDeps } from "../deps.ts";
import type { Schedule } from "../schedule/fire-slots.ts";
import { createTurnUsage } from "../turn-usage.ts";
import { collectDigest } from "./collect-digest.ts";

const dayMs = 86_400_000;
/** Decisions are kept so long. */
const keptMs = 90 * dayMs;
/** What still waits is told again after so long: once a day, also on the day that has an hour less. */
const saidAgainMs = 22 * 3_600_000;
const maxPromptTokens = 3_000;
const writeMs = 120_000;

/** One digest as it is configured. */
export interface DigestPlan {
  readonly name: string;
  /** As in the configuration: "daily 08:00". */
  readonly when: string;
  /** "owner", or a person's id. */
  readonly to: string;
}

export interface DigestDesk {
  schedules(): readonly Schedule[];
  /** What would be told now, without telling it: nothing is marked as told. */
  preview(hours: number): Promise<string>;
}

export interface DigestDeskOptions {
  readonly deps: PipelineDeps;
  readonly plans: () => readonly DigestPlan[];
  readonly link: LinkTo;
}

/** What waited when a digest was last sent. */
interface Said {
  readonly at: number;
  readonly waiting: readonly string[];
}

/** Under this name the store keeps it. */
function saidFact(name: string): string {
  return `digestSaid.${name}`;
}

/** An hour in which nothing happened is not worth a message, nor is one that names again what was named an hour ago. */
function isNewsAfter(digest: Digest, said: Said | undefined, slotAt: number): boolean {
  if (digest.isEmpty) return false;
  if (said === undefined || digest.messages > 0 || slotAt - said.at >= saidAgainMs) return true;
  const known = new Set(said.waiting);
  return digest.waiting.some((item) => !known.has(item));
}

/** Digests: what happened and what needs the owner, each decision in exactly one digest of a name. */
export function createDigestDesk({ deps, plans, link }: DigestDeskOptions): DigestDesk {
  const { store, now, log } = deps;

  async function collect(name: string, fromAt: number, toAt: number): Promise<Digest> {
    const { ownerName, timeZone } = deps.settings();
    return collectDigest(store, name, { fromAt, toAt, timeZone, ownerName });
  }

  /** By the model where there is one and it keeps to what it was given; else by the template. */
  async function write(digest: Digest): Promise<string> {
    const template = (): string => formatDigest(digest, { link });
    const persona = deps.personas().get("general");
    const prompt = digest.isEmpty ? undefined : formatDigestPrompt(digest, maxPromptTokens);
    if (persona === undefined || prompt === undefined) return template();
    const model = deps.models().get(deps.pickModel({}, persona));
    if (model.id === "offline") return template();
    const spender = { conversation: "digest", person: "system", persona };
    const usage = createTurnUsage(deps, spender, model.id);
    try {
      deps.budget.check(spender);
      const { text } = await runModelStep(
        model,
        {
          system: prompt.system,
          messages: [{ role: "user", content: [{ type: "text", text: prompt.text, isOutside: true }] }],
          tools: [],
          maxTokens: 1_200,
        },
        AbortSignal.timeout(writeMs),
        () => undefined,
        usage.add,
      );
      const check = checkDigest(text, digest, prompt);
      if (check.isRight) return fillDigest(text, digest, prompt, link);
      log.info({ faults: check.faults }, "The model's digest was not right; the template was used.");
    } catch (error) {
      log.warn({ error: describeError(error) }, "The model wrote no digest; the template was used.");
    } finally {
      await usage.save();
    }
    return template();
  }

  async function fire({ name, to }: DigestPlan, slotAt: number): Promise<void> {
    const last = await store.cdc.lastDigest(name);
    if (last !== undefined && last.slotAt >= slotAt) return;
    // Nobody to tell it to: nothing is marked as told, and the slot is tried again.
    const place = await findPlace(to);
    if (place === undefined)
      throw new AppError("unreachable", `The digest "${name}" cannot be sent to ${to}.`, {
        hint: "None of these accounts can be written to now: see `owner.ids` and /status.",
        retryAfterMs: 60_000,
      });
    const fromAt = last?.slotAt ?? slotAt - dayMs;
    // Everything that no digest of this name told of yet, however late it came.
    const digest = await collect(name, now() - keptMs, now());
    const shown = { ...digest, options: { ...digest.options, fromAt, toAt: slotAt } };
    const isNews = isNewsAfter(digest, (await store.cdc.fact(saidFact(name))) as Said | undefined, slotAt);
    const text = isNews ? await write(shown) : formatDigest(shown, { link });
    const id = createId(now());
    await store.write(async (transaction) => {
      const record = { id, name, slotAt, text, entries: digest.decisionIds.length, at: now() };
      if (!(await transaction.cdc.addDigest(record, digest.decisionIds))) return;
      await transaction.cdc.addEvent("digest", id, now());
      if (!isNews) return;
      await transaction.cdc.setFact(saidFact(name), { at: slotAt, waiting: digest.waiting } satisfies Said);
      await say(transaction, { id: `digest-${id}`, address: place, text, attachments: [] }, now());
    });
  }

  async function findPlace(to: string): Promise<Address | undefined> {
    if (to === "owner") return deps.ownerPlace();
    return deps
      .channel(to.slice(0, to.indexOf(":")))
      ?.openDirect?.(to)
      .catch(() => undefined);
  }

  return {
    schedules: () =>
      plans().flatMap((plan): Schedule[] => {
        const pattern = parseDigestWhen(plan.when);
        if (pattern === undefined) return [];
        const { timeZone } = deps.settings();
        // Of several that were missed the last one tells of everything: one message, not ten.
        return [{ id: `digest:${plan.name}`, pattern, timeZone, catchUp: "once", fire: (slot) => fire(plan, slot.at) }];
      }),
    preview: async (hours) => {
      const toAt = now();
      return write(await collect("preview", toAt - hours * 3_600_000, toAt));
    },
  };
}
