import { formatMoment } from "../inbox/moment.ts";
import { formatRoute } from "../route.ts";
import { loadWorkflow } from "./board-client.ts";
import type { WorkflowDetail } from "./board-types.ts";
import { GraphView } from "./graph-view.tsx";
import { Notices } from "./notices.tsx";
import { StartForm } from "./start-form.tsx";
import { useLive } from "./use-live.ts";

/** One workflow: what it is about, what starts it, how to start it, and its picture. */
export function WorkflowPage({ name }: { readonly name: string }) {
  const live = useLive(
    name,
    () => loadWorkflow(name),
    () => false,
  );
  return (
    <div class="page">
      <div class="page-body flows">
        <a class="back" href={formatRoute({ page: "workflows", name: undefined })}>
          All workflows
        </a>
        <Notices live={live} />
        {live.value !== undefined && <Detail workflow={live.value} />}
      </div>
    </div>
  );
}

function Detail({ workflow }: { readonly workflow: WorkflowDetail }) {
  const { name, description, isOwn, isOld, triggers, nextTimes, graphSvg } = workflow;
  const now = Date.now();
  return (
    <>
      <h2>{name}</h2>
      <p>{description}</p>
      {isOld && (
        <p class="notice">Its file has faults now. This is the last version that was right; it stays in force.</p>
      )}
      <section class="inbox-section" aria-label="When">
        <h3>When</h3>
        {triggers.length === 0 ? (
          <p>By hand only.</p>
        ) : (
          <ul class="plain-list">
            {triggers.map((trigger) => (
              <li key={trigger}>
                <code>{trigger}</code>
              </li>
            ))}
          </ul>
        )}
        {nextTimes.length > 0 && <p>Next: {nextTimes.map((at) => formatMoment(at, now)).join("; ")}.</p>}
        {!isOwn && triggers.length > 0 && (
          <p class="hint">
            As it is shipped it starts by hand only: <code>parlance workflows new</code> makes it yours.
          </p>
        )}
      </section>
      <section class="inbox-section" aria-label="Start it now">
        <h3>Start it now</h3>
        <StartForm key={name} workflow={workflow} />
      </section>
      <section class="inbox-section" aria-label="Steps">
        <h3>Steps</h3>
        <GraphView svg={graphSvg} />
      </section>
    </>
  );
}
