import { useState } from "preact/hooks";
import { ApprovalCard } from "../inbox/approval-card.tsx";
import { formatMoment } from "../inbox/moment.ts";
import { useCardKeys } from "../inbox/use-card-keys.ts";
import type { InboxDesk } from "../inbox/use-inbox.ts";
import { formatRoute } from "../route.ts";
import { loadRun, orderRun } from "./board-client.ts";
import type { RunCommand, RunDetail } from "./board-types.ts";
import { GraphView } from "./graph-view.tsx";
import { Notices } from "./notices.tsx";
import { describeCause, describeRun, formatCost, formatTook, listCommands } from "./run-words.ts";
import { StepRows } from "./step-rows.tsx";
import { ToneBadge } from "./tone-badge.tsx";
import { useLive } from "./use-live.ts";

export interface RunPageProps {
  readonly id: string;
  readonly desk: Pick<InboxDesk, "decide">;
}

const noHelp = (): void => undefined;

/** One run as it goes: its questions, its picture, and its steps. */
export function RunPage({ id, desk }: RunPageProps) {
  const live = useLive(
    id,
    () => loadRun(id),
    (ref) => ref === id,
  );
  useCardKeys(noHelp);
  return (
    <div class="page">
      <div class="page-body flows">
        <a class="back" href={formatRoute({ page: "runs", id: undefined })}>
          All runs
        </a>
        <Notices live={live} />
        {live.value !== undefined && <Detail run={live.value} desk={desk} onChange={live.reload} />}
      </div>
    </div>
  );
}

const names: Readonly<Record<RunCommand["command"], string>> = {
  pause: "Pause",
  cancel: "Cancel",
  resume: "Resume",
  retry: "Try again",
};

function Detail(props: {
  readonly run: RunDetail;
  readonly desk: RunPageProps["desk"];
  readonly onChange: () => void;
}) {
  const { run, desk, onChange } = props;
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const state = describeRun(run);
  const commands = listCommands(run);
  const cost = formatCost(run.costMicros);

  async function order(command: RunCommand): Promise<void> {
    setBusy(true);
    const reply = await orderRun(run.id, command);
    setBusy(false);
    setProblem(reply.isDone ? undefined : reply.problem);
    onChange();
  }
  async function decide(...answer: Parameters<InboxDesk["decide"]>): Promise<string | undefined> {
    const refusal = await desk.decide(...answer);
    onChange();
    return refusal;
  }

  return (
    <>
      <div class="run-head">
        <h2>
          <a href={formatRoute({ page: "workflows", name: run.workflow })}>{run.workflow}</a>
        </h2>
        <span role="status">
          <ToneBadge {...state} />
        </span>
      </div>
      <p class="hint">
        Begun {formatMoment(run.createdAt, Date.now())} {describeCause(run)}
        {run.endedAt !== undefined && `, took ${formatTook(run.endedAt - (run.startedAt ?? run.createdAt))}`}
        {cost !== "" && `, cost ${cost}`}
      </p>
      {run.reason !== undefined && <p class={run.state === "failed" ? "problem" : undefined}>{run.reason}</p>}
      {commands.length > 0 && (
        <div class="draft-actions">
          {commands.map((command) => (
            <button
              key={command}
              type="button"
              class={command === "cancel" ? "button danger" : "button"}
              disabled={isBusy}
              onClick={() => void order({ command })}
            >
              {names[command]}
            </button>
          ))}
        </div>
      )}
      <p class="problem" role="alert">
        {problem}
      </p>
      {run.approvals.map((approval) => (
        <ApprovalCard key={approval.id} approval={approval} desk={{ decide }} />
      ))}
      <section class="inbox-section" aria-label="How it goes">
        <h3>How it goes</h3>
        <GraphView svg={run.graphSvg} />
      </section>
      {run.steps.length > 0 && (
        <section class="inbox-section" aria-label="Steps">
          <h3>Steps</h3>
          <StepRows
            steps={run.steps}
            {...(commands.includes("retry")
              ? { onRetry: (from: string) => void order({ command: "retry", from }) }
              : {})}
          />
        </section>
      )}
      <Values title="What went in" text={run.inputs} />
      <Values title="What came out" text={run.outputs} />
    </>
  );
}

function Values({ title, text }: { readonly title: string; readonly text: string }) {
  if (text === "") return null;
  return (
    <section class="inbox-section" aria-label={title}>
      <h3>{title}</h3>
      <pre class="values" tabindex={0}>
        {text}
      </pre>
    </section>
  );
}
