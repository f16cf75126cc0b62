import type { DeskEvent } from "../../core/cdc.ts";
import type { Logger } from "../../core/log.ts";
import type { Store } from "../../core/store.ts";
import { parseRunConversation, type RunRecord, type RunState } from "../../core/workflow-run.ts";
import type { EventTrigger } from "../../core/workflow-trigger.ts";
import type { Workflow } from "../../core/workflow.ts";
import { decideStart } from "../../scheduler/run/decide-start.ts";
import type { StartRequest } from "../../scheduler/run/start.ts";
import { forgetEventCursor, loadEventCursor, saveEventCursor, type EventCursor } from "./event-cursor.ts";
import { explainRefusal } from "./run-chain.ts";

const eventPage = 100;
/** A run that was skipped has done nothing that one could act upon. */
const ends: ReadonlySet<RunState> = new Set(["done", "failed", "cancelled"]);

/** An event as workflows see it. */
interface Told {
  readonly payload: unknown;
  /** The same for the same happening: it starts each workflow once. */
  readonly key: string;
  /** Workflows whose runs led here, the first one first. */
  readonly chain: readonly string[];
}

/** Starts workflows by what happened in the service. Resolves once everything up to now was heard. */
export function createEventTriggers(deps: {
  readonly store: Pick<Store, "write" | "cdc" | "workflows" | "approval">;
  readonly log: Logger;
  readonly now: () => number;
  readonly owner: () => { readonly name: string; readonly timeZone: string };
  readonly workflows: () => readonly Workflow[];
  readonly begin: (request: StartRequest) => Promise<unknown>;
}): () => Promise<void> {
  const { store, log } = deps;

  return async function onEvents(): Promise<void> {
    const listening = deps.workflows().filter(({ triggers }) => triggers.some(({ kind }) => kind === "event"));
    if (listening.length === 0) return forgetEventCursor(store);
    const before = await loadEventCursor(store);
    const newest = await store.cdc.lastEvent();
    // What is new here hears only what comes from now on; what is gone is forgotten.
    let cursor: EventCursor = Object.fromEntries(listening.map(({ name }) => [name, before?.[name] ?? newest]));
    let saved = JSON.stringify(before);
    for (;;) {
      const from = Math.min(...Object.values(cursor));
      const events = await store.cdc.events(from, eventPage);
      for (const event of events) {
        const meant = listening.filter(({ name }) => (cursor[name] ?? newest) < event.seq);
        await tell(event, meant);
      }
      const last = events.at(-1)?.seq ?? from;
      cursor = Object.fromEntries(Object.entries(cursor).map(([name, seq]) => [name, Math.max(seq, last)]));
      const next = JSON.stringify(cursor);
      if (next !== saved) await saveEventCursor(store, cursor);
      saved = next;
      if (events.length < eventPage) return;
    }
  };

  async function tell(event: DeskEvent, listening: readonly Workflow[]): Promise<void> {
    let told: Told | undefined;
    for (const workflow of listening) {
      const meant = workflow.triggers.filter(
        (trigger): trigger is EventTrigger => trigger.kind === "event" && trigger.event === event.kind,
      );
      if (meant.length === 0) continue;
      told ??= await describeEvent(event);
      if (told === undefined) return;
      if (!isWanted(workflow, meant, told.payload)) continue;
      const refusal = explainRefusal(told.chain, workflow.name);
      await deps.begin({
        workflow: workflow.name,
        cause: {
          kind: "event",
          by: "system",
          role: "owner",
          payload: told.payload,
          isOutside: true,
          ...(told.chain.length === 0 ? {} : { chain: told.chain }),
        },
        dedupKey: `event:${told.key}:${workflow.name}`,
        ...(refusal === undefined ? {} : { refusal }),
      });
    }
  }

  function isWanted(workflow: Workflow, meant: readonly EventTrigger[], payload: unknown): boolean {
    const decisions = meant.map((trigger) => decideStart(trigger, payload, { owner: deps.owner(), now: deps.now() }));
    for (const decision of decisions)
      if (!decision.isWanted && decision.problem !== undefined)
        log.warn({ workflow: workflow.name, problem: decision.problem }, "A workflow's trigger could not be judged.");
    return decisions.some((decision) => decision.isWanted);
  }

  /** An event tells only what it is about: the record itself comes from the store. Undefined: nothing to act upon. */
  async function describeEvent(event: DeskEvent): Promise<Told | undefined> {
    const { kind, ref, seq, at } = event;
    const tellOf = (record: unknown, key: string, chain: readonly string[] = []): Told => ({
      payload: { event: kind, ref, at, ...(record === undefined ? {} : { record }) },
      key,
      chain,
    });
    switch (kind) {
      case "decision":
        return tellOf(await store.cdc.decision(ref), String(seq));
      case "draft":
        return tellOf(await store.cdc.draft(ref), String(seq));
      case "approval":
        return tellOf(undefined, String(seq), await findChain((await store.approval(ref))?.conversation));
      case "run": {
        const run = await store.workflows.run(ref);
        // It moves on many times and ends once. What belongs to a step of another run ends with that one.
        if (run === undefined || run.parent !== undefined || !ends.has(run.state)) return undefined;
        return tellOf(toRecord(run), `run:${run.id}:${run.endedAt}`, [...(run.cause.chain ?? []), run.workflow]);
      }
      default:
        return tellOf(undefined, String(seq));
    }
  }

  /** The way to what happened in a conversation that is a run's, or that of a step of it. */
  async function findChain(conversation: string | undefined): Promise<readonly string[]> {
    let run = await loadRun(conversation === undefined ? undefined : parseRunConversation(conversation));
    while (run?.parent !== undefined) run = await loadRun(run.parent.runId);
    return run === undefined ? [] : [...(run.cause.chain ?? []), run.workflow];
  }

  async function loadRun(id: string | undefined): Promise<RunRecord | undefined> {
    return id === undefined ? undefined : store.workflows.run(id);
  }
}

/** A run that has ended, for `trigger.record`. */
function toRecord({ id, workflow, state, reason, cause, inputs, outputs, createdAt, startedAt, endedAt }: RunRecord) {
  return {
    id,
    workflow,
    state,
    reason: reason ?? "",
    cause: cause.kind,
    by: cause.by,
    inputs,
    outputs: outputs ?? {},
    createdAt,
    startedAt: startedAt ?? createdAt,
    endedAt: endedAt ?? createdAt,
  };
}
