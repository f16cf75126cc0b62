import { formatMoment } from "../inbox/moment.ts";
import { formatRoute } from "../route.ts";
import { loadWorkflows } from "./board-client.ts";
import type { Workflow, WorkflowList } from "./board-types.ts";
import { Notices } from "./notices.tsx";
import { listSelfStarting } from "./run-words.ts";
import { useLive } from "./use-live.ts";

/** What starts by itself, what is wrong, and all there is by group. */
export function WorkflowsPage() {
  const live = useLive("workflows", loadWorkflows, () => false);
  return (
    <div class="page">
      <div class="page-body flows">
        <Notices live={live} />
        {live.value !== undefined && <Lists list={live.value} />}
      </div>
    </div>
  );
}

function Lists({ list: { workflows, faults, digests, timeZone } }: { readonly list: WorkflowList }) {
  const starting = listSelfStarting(workflows);
  const groups = [...Map.groupBy(workflows, ({ group }) => group)];
  return (
    <>
      <h2>{workflows.length === 0 ? "There are no workflows yet" : "What I can do step by step"}</h2>
      {workflows.length === 0 && (
        <p class="hint">
          Say “every weekday at nine tell me what I missed” in a chat, and I propose one.{" "}
          <code>parlance workflows new</code> copies one that is there.
        </p>
      )}
      {faults.length > 0 && (
        <section class="inbox-section" aria-label="Files with faults">
          <h3>Files with faults</h3>
          <ul class="rows">
            {faults.map(({ file, line, column, problem }) => (
              <li key={`${file}:${line}:${column}`} class="row">
                <strong class="place-in-file">
                  {file}:{line}:{column}
                </strong>
                <span>{problem}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {starting.length + digests.length > 0 && (
        <section class="inbox-section" aria-label="Starts by itself">
          <h3>Starts by itself</h3>
          <ul class="rows">
            {starting.map((workflow) => (
              <Row key={workflow.name} workflow={workflow} due={describeStart(workflow)} />
            ))}
            {digests.map(({ name, when, nextAt }) => (
              <li key={name} class="row">
                <div class="row-head">
                  <strong>{name}</strong>
                  <span class="place">digest</span>
                  {nextAt !== undefined && <span class="due">{formatMoment(nextAt, Date.now())}</span>}
                </div>
                <span class="row-text muted">{when}</span>
              </li>
            ))}
          </ul>
          <p class="hint">Patterns without a zone go by {timeZone}; times here are those of this device.</p>
        </section>
      )}
      {groups.map(([group, members]) => (
        <section key={group} class="inbox-section" aria-label={nameGroup(group)}>
          <h3>{nameGroup(group)}</h3>
          <ul class="rows">
            {members.map((workflow) => (
              <Row key={workflow.name} workflow={workflow} />
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

function Row({ workflow, due }: { readonly workflow: Workflow; readonly due?: string }) {
  const { name, description, isOwn, isOld } = workflow;
  return (
    <li class="row">
      <div class="row-head">
        <a class="row-link" href={formatRoute({ page: "workflows", name })}>
          {name}
        </a>
        {isOwn && due === undefined && <span class="place">yours</span>}
        {isOld && <span class="tone bad">earlier version</span>}
        {due !== undefined && <span class="due">{due}</span>}
      </div>
      <span class="row-text muted">{description}</span>
    </li>
  );
}

/** When it starts next; where no clock says so, what it waits for. */
function describeStart({ nextAt, triggers }: Workflow): string {
  return nextAt === undefined ? triggers.join("; ") : formatMoment(nextAt, Date.now());
}

function nameGroup(group: string): string {
  return `${group.slice(0, 1).toUpperCase()}${group.slice(1).replaceAll("-", " ")}`;
}
