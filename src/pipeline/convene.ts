import type { CouncilRun } from "../agent/council.ts";
import type { AgentRun } from "../agent/loop.ts";
import type { Model } from "../core/model.ts";
import type { PipelineDeps } from "./deps.ts";

/** The council for one turn: the members that are configured; a name that is not stands for nobody. */
export function convene(
  deps: Pick<PipelineDeps, "council" | "models" | "settings">,
  run: AgentRun,
  turn: { readonly id: string; readonly conversation: string; readonly model: Model },
): CouncilRun {
  const { members, chair, strategy } = deps.council();
  const known = new Set(deps.models().list());
  const seat = (name: string) => ({ name, model: deps.models().get(name) });
  return {
    ...run,
    members: [...new Set(members)].filter((name) => known.has(name)).map(seat),
    chair: known.has(chair) ? seat(chair) : { name: turn.model.id, model: turn.model },
    strategy,
    turnId: turn.id,
    conversation: turn.conversation,
    memberTimeoutMs: deps.settings().maxTurnMs / 4,
  };
}
