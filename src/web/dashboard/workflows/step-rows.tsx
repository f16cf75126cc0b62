import { formatMoment } from "../inbox/moment.ts";
import type { Step } from "./board-types.ts";
import { formatCost, formatTook, stepWords } from "./run-words.ts";
import { ToneBadge } from "./tone-badge.tsx";

export interface StepRowsProps {
  readonly steps: readonly Step[];
  /** Absent: the run cannot be repeated now. */
  readonly onRetry?: (path: string) => void;
}

/** Each step with what went in, what came out, what it cost and how long it took. */
export function StepRows({ steps, onRetry }: StepRowsProps) {
  return (
    <ul class="rows">
      {steps.map((step) => (
        <li key={step.path} class="row">
          <StepRow step={step} {...(onRetry === undefined ? {} : { onRetry })} />
        </li>
      ))}
    </ul>
  );
}

function StepRow({ step, onRetry }: { readonly step: Step; readonly onRetry?: (path: string) => void }) {
  const { path, kind, state, attempt, input, output, error, costMicros, startedAt, endedAt, dueAt } = step;
  const facts = [
    kind,
    attempt > 1 ? `attempt ${attempt}` : "",
    endedAt === undefined ? "" : formatTook(endedAt - startedAt),
    formatCost(costMicros),
    dueAt === undefined || endedAt !== undefined ? "" : `until ${formatMoment(dueAt, Date.now())}`,
  ].filter((fact) => fact !== "");
  const isOpenable = input !== "" || output !== "" || onRetry !== undefined;
  const head = (
    <>
      <strong>{path}</strong> <ToneBadge {...stepWords[state]} /> <span class="hint">{facts.join(", ")}</span>
    </>
  );
  return (
    <>
      {isOpenable ? (
        <details class="step">
          <summary>{head}</summary>
          {input !== "" && <Value title="In" text={input} />}
          {output !== "" && <Value title="Out" text={output} />}
          {onRetry !== undefined && (
            <button type="button" class="button small" onClick={() => onRetry(path)}>
              Do it again from here
            </button>
          )}
        </details>
      ) : (
        <p class="step">{head}</p>
      )}
      {error !== undefined && <p class="problem">{error}</p>}
    </>
  );
}

function Value({ title, text }: { readonly title: string; readonly text: string }) {
  return (
    <figure class="value">
      <figcaption>{title}</figcaption>
      <pre tabindex={0}>{text}</pre>
    </figure>
  );
}
