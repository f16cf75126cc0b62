import type { Address } from "../../core/message.ts";
import type { RunRecord } from "../../core/workflow-run.ts";
import type { WorkflowDeps } from "../../scheduler/run/contracts.ts";
import type { PipelineDeps } from "../deps.ts";

type Deps = Pick<PipelineDeps, "ownerPlace" | "channel">;

/** Where runs send to, and where their tools work. */
export function createRunPlaces(deps: Deps): Pick<WorkflowDeps, "resolveAddress" | "toolPlace"> {
  return {
    /** "owner", a person's id such as "telegram:42", or an address. */
    async resolveAddress(to) {
      if (typeof to !== "string") return to;
      if (to === "owner") return deps.ownerPlace();
      return deps.channel(to.slice(0, to.indexOf(":")))?.openDirect?.(to);
    },
    async toolPlace(run) {
      return {
        address: startedAt(run) ?? (await deps.ownerPlace()) ?? { channel: "workflow", chat: run.id },
        sender: { id: run.cause.by, name: run.cause.by, isBot: false },
        isGroup: false,
      };
    },
  };
}

/** Where the message was written that set the run off. */
function startedAt({ cause }: RunRecord): Address | undefined {
  const { payload } = cause;
  if (cause.kind !== "message" && cause.kind !== "manual") return undefined;
  if (typeof payload !== "object" || payload === null || !("address" in payload)) return undefined;
  const { address } = payload;
  return typeof address === "object" && address !== null && "channel" in address && "chat" in address
    ? (address as Address)
    : undefined;
}
