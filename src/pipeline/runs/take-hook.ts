import type { Logger } from "../../core/log.ts";
import type { TakeHook } from "../../core/workflow-hook.ts";
import type { WebhookTrigger } from "../../core/workflow-trigger.ts";
import type { Workflow } from "../../core/workflow.ts";
import { decideStart } from "../../scheduler/run/decide-start.ts";
import type { RunStarter } from "../../scheduler/run/start.ts";
import { verifyWebhook } from "../../scheduler/webhooks/verify.ts";

export interface HookDeps {
  /** Those whose triggers count: the person's own. */
  readonly workflow: (name: string) => Workflow | undefined;
  /** An environment variable; undefined: it is not set. */
  readonly variable: (name: string) => string | undefined;
  readonly owner: () => { readonly name: string; readonly timeZone: string };
  readonly now: () => number;
  readonly start: RunStarter["start"];
  readonly log: Logger;
}

/** Stands in for a workflow that is not there, so that its refusal takes as long as any other. */
const nobody: WebhookTrigger = { kind: "webhook", verify: "github", secret: "", inputs: {} };
const nobodysSecret = "nothing is signed with this";

/** Starts workflows by webhooks: first the proof, then everything else. Each delivery starts a workflow once. */
export function createHookTaker(deps: HookDeps): TakeHook {
  /** Told once: a sender tries again and again. */
  const warned = new Set<string>();

  function warnNoSecret(workflow: string, variable: string): void {
    if (warned.has(variable)) return;
    warned.add(variable);
    deps.log.warn(
      { workflow, variable },
      "A webhook's secret is not set in the environment; each delivery is refused.",
    );
  }

  return async function takeHook(name, { headers, body }) {
    const triggers = (deps.workflow(name)?.triggers ?? []).filter((trigger) => trigger.kind === "webhook");
    const now = deps.now();
    // All of them, however soon one fits.
    const proven = (triggers.length === 0 ? [nobody] : triggers).flatMap((trigger) => {
      const secret = trigger === nobody ? nobodysSecret : readSecret(trigger);
      const verdict = verifyWebhook({ kind: trigger.verify, secret, headers, body, now });
      if (!verdict.ok && verdict.reason === "no-secret") warnNoSecret(name, nameOf(trigger));
      return verdict.ok && trigger !== nobody ? [{ trigger, verdict }] : [];
    });
    if (proven.length === 0) return { kind: "refused" };
    let problem: string | undefined;
    for (const { trigger, verdict } of proven) {
      const told = tell(verdict.event, verdict.payload);
      const decision = decideStart(trigger, told, { owner: deps.owner(), now });
      if (!decision.isWanted) {
        problem ??= decision.problem;
        continue;
      }
      const { run, isNew } = await deps.start({
        workflow: name,
        inputs: decision.inputs,
        cause: { kind: "webhook", by: "system", role: "owner", payload: told, isOutside: true },
        dedupKey: `webhook:${name}:${verdict.deliveryId}`,
      });
      return { kind: isNew ? "started" : "known", runId: run.id };
    }
    if (problem !== undefined)
      deps.log.warn({ workflow: name, problem }, "A webhook's condition could not be judged; nothing was started.");
    return { kind: "ignored", ...(problem === undefined ? {} : { problem }) };
  };

  function readSecret(trigger: WebhookTrigger): string {
    return deps.variable(nameOf(trigger)) ?? "";
  }
}

/** "${NAME}" or "NAME". */
function nameOf({ secret }: WebhookTrigger): string {
  return secret.replace(/^\$\{(.*)\}$/, "$1");
}

/** What `trigger` is in expressions: the payload, with the event's name where the payload has none of its own. */
function tell(event: string, payload: unknown): object {
  const isBlock = typeof payload === "object" && payload !== null && !Array.isArray(payload);
  return isBlock ? { event, ...payload } : { event, body: payload };
}
