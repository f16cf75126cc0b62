import { useState } from "preact/hooks";
import { formatMoment } from "../inbox/moment.ts";
import { formatRoute } from "../route.ts";
import { loadRuns } from "./board-client.ts";
import type { Run } from "./board-types.ts";
import { Notices } from "./notices.tsx";
import { describeCause, describeRun, formatTook } from "./run-words.ts";
import { ToneBadge } from "./tone-badge.tsx";
import { useLive } from "./use-live.ts";

const pageSize = 50;

/** What is under way, then what became of the others; the newest first. */
export function RunsPage() {
  const live = useLive(
    "runs",
    () => loadRuns(),
    () => true,
  );
  const [older, setOlder] = useState<readonly Run[]>([]);
  const [isEnd, setEnd] = useState(false);
  const newest = live.value?.runs ?? [];
  const known = new Set(newest.map(({ id }) => id));
  const runs = [...newest, ...older.filter(({ id }) => !known.has(id))];
  const open = runs.filter(({ endedAt }) => endedAt === undefined);
  const ended = runs.filter(({ endedAt }) => endedAt !== undefined);

  async function loadMore(): Promise<void> {
    const reply = await loadRuns(runs.at(-1)?.id);
    if (!reply.isDone) return;
    setOlder((before) => [...before, ...reply.value.runs]);
    setEnd(reply.value.runs.length < pageSize);
  }

  return (
    <div class="page">
      <div class="page-body flows">
        <Notices live={live} />
        {live.value !== undefined && (
          <>
            <h2>{formatHead(open.length, runs.length)}</h2>
            {runs.length === 0 && (
              <p class="hint">
                A run begins when a workflow is started by hand, by the clock, by a message or by a webhook.
              </p>
            )}
            <RunRows title="Under way" runs={open} />
            <RunRows title="Lately" runs={ended} />
            {newest.length === pageSize && !isEnd && (
              <button type="button" class="button" onClick={() => void loadMore()}>
                Show older ones
              </button>
            )}
          </>
        )}
      </div>
    </div>
  );
}

function formatHead(open: number, all: number): string {
  if (all === 0) return "Nothing has run yet";
  if (open === 0) return "Nothing is under way";
  return open === 1 ? "One run is under way" : `${open} runs are under way`;
}

function RunRows({ title, runs }: { readonly title: string; readonly runs: readonly Run[] }) {
  if (runs.length === 0) return null;
  const now = Date.now();
  return (
    <section class="inbox-section" aria-label={title}>
      <h3>{title}</h3>
      <ul class="rows">
        {runs.map((run) => (
          <li key={run.id} class="row">
            <div class="row-head">
              <a class="row-link" href={formatRoute({ page: "runs", id: run.id })}>
                {run.workflow}
              </a>
              <ToneBadge {...describeRun(run)} />
              <time dateTime={new Date(run.createdAt).toISOString()}>{formatMoment(run.createdAt, now)}</time>
            </div>
            <span class="row-text muted">
              {describeCause(run)}
              {run.endedAt !== undefined && `, ${formatTook(run.endedAt - (run.startedAt ?? run.createdAt))}`}
              {run.reason !== undefined && `: ${run.reason}`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
