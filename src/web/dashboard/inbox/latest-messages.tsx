import { useEffect, useState } from "preact/hooks";
import { actions } from "./decision-words.ts";
import { loadDecisions } from "./desk-client.ts";
import type { Decision } from "./desk-types.ts";
import { RowHead } from "./message-rows.tsx";
import { Why } from "./why.tsx";

/**
 * What was made of the latest messages, those among them that were left alone: where else could one say that this was
 * wrong? Read when it is opened, and anew when something has changed (`seq`).
 */
export function LatestMessages({ seq }: { readonly seq: number }) {
  const [isOpen, setOpen] = useState(false);
  const [decisions, setDecisions] = useState<readonly Decision[]>();
  const [problem, setProblem] = useState<string>();

  useEffect(() => {
    if (!isOpen) return;
    let isLate = false;
    void loadDecisions().then((reply) => {
      if (isLate) return;
      if (reply.isDone) setDecisions(reply.value.decisions);
      setProblem(reply.isDone ? undefined : reply.problem);
    });
    return () => {
      isLate = true;
    };
  }, [isOpen, seq]);

  return (
    <details
      class="digest"
      onToggle={(event) => event.target === event.currentTarget && setOpen(event.currentTarget.open)}
    >
      <summary>What I made of the latest messages</summary>
      <p class="problem" role="alert">
        {problem}
      </p>
      {decisions?.length === 0 && <p class="hint">There were none yet.</p>}
      <ul class="latest">
        {decisions?.map((decision) => (
          <li key={decision.id} class="row">
            <RowHead name={decision.senderName} place={decision.channel} at={decision.at} />
            <p class="row-text">{decision.excerpt}</p>
            <p class="hint">{actions[decision.action]}.</p>
            <Why id={decision.id} decision={decision} />
          </li>
        ))}
      </ul>
    </details>
  );
}
