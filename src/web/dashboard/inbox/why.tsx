import { useState } from "preact/hooks";
import { actions, describeReading } from "./decision-words.ts";
import { correctDecision, loadDecision } from "./desk-client.ts";
import type { Correction, Decision } from "./desk-types.ts";

export interface WhyProps {
  readonly id: string;
  /** Absent: read when it is opened. */
  readonly decision?: Decision;
}

/** Why a message was answered, drafted for, told or left alone, and the way to say that this was wrong. */
export function Why({ id, decision: given }: WhyProps) {
  const [loaded, setLoaded] = useState<Decision>();
  const [problem, setProblem] = useState<string>();
  const decision = loaded ?? given;

  async function open(isOpen: boolean): Promise<void> {
    if (!isOpen || decision !== undefined) return;
    const reply = await loadDecision(id);
    if (reply.isDone) setLoaded(reply.value);
    setProblem(reply.isDone ? undefined : reply.problem);
  }

  async function correct(correction: Correction): Promise<void> {
    const reply = await correctDecision(id, correction);
    if (reply.isDone) setLoaded(reply.value);
    setProblem(reply.isDone ? undefined : reply.problem);
  }

  return (
    <details class="why" onToggle={(event) => void open(event.currentTarget.open)}>
      <summary>Why?</summary>
      {decision !== undefined && (
        <>
          <p>{actions[decision.action]}, because:</p>
          <ul>
            {decision.reasons.map((reason, index) => (
              <li key={index}>{reason}</li>
            ))}
          </ul>
          <p class="hint">{describeReading(decision)}</p>
          <div class="why-answer" role="group" aria-label="Was that right?">
            <CorrectionButton decision={decision} correction="asks" text="It did need an answer" onPick={correct} />
            <CorrectionButton decision={decision} correction="ignore" text="It did not" onPick={correct} />
          </div>
        </>
      )}
      <p class="problem" role="alert">
        {problem}
      </p>
      <p class="hint" role="status">
        {loaded?.correction === undefined ? "" : "Noted."}
      </p>
    </details>
  );
}

function CorrectionButton({
  decision,
  correction,
  text,
  onPick,
}: {
  readonly decision: Decision;
  readonly correction: Correction;
  readonly text: string;
  readonly onPick: (correction: Correction) => Promise<void>;
}) {
  return (
    <button
      type="button"
      class="button small"
      aria-pressed={decision.correction === correction}
      onClick={() => void onPick(correction)}
    >
      {text}
    </button>
  );
}
