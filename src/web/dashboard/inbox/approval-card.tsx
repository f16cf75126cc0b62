import { useState } from "preact/hooks";
import { MarkdownView } from "../chat/markdown-view.tsx";
import { CardHead, channelOf } from "./card-head.tsx";
import type { Approval } from "./desk-types.ts";
import { Key } from "./key.tsx";
import { formatMoment } from "./moment.ts";
import type { InboxDesk } from "./use-inbox.ts";

export interface ApprovalCardProps {
  readonly approval: Approval;
  readonly desk: Pick<InboxDesk, "decide">;
}

/** Something that I may do only with the reader's word. */
export function ApprovalCard({ approval, desk }: ApprovalCardProps) {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const titleId = `approval-${approval.id}`;
  const isOfWorkflow = channelOf(approval.conversation) === "workflow";

  async function decide(isApproved: boolean): Promise<void> {
    setBusy(true);
    setProblem(await desk.decide(approval, isApproved));
    setBusy(false);
  }

  return (
    <article class="desk-card" data-card={approval.id} tabindex={-1} aria-labelledby={titleId}>
      <CardHead id={titleId} name="A question" place={channelOf(approval.conversation)} at={approval.createdAt} />
      <MarkdownView text={approval.question} isFinal />
      <p class="hint">
        Waits until {formatMoment(approval.expiresAt, Date.now())};{" "}
        {isOfWorkflow ? "after that it counts as the workflow says." : "after that nothing is done."}
      </p>
      <p class="problem" role="alert">
        {problem}
      </p>
      <div class="draft-actions">
        <button
          type="button"
          class="button primary"
          aria-keyshortcuts="a"
          disabled={isBusy}
          onClick={() => void decide(true)}
        >
          Approve <Key name="a" />
        </button>
        <button
          type="button"
          class="button danger"
          aria-keyshortcuts="r"
          disabled={isBusy}
          onClick={() => void decide(false)}
        >
          Deny <Key name="r" />
        </button>
      </div>
    </article>
  );
}
