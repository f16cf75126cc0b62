import { channelOf } from "./card-head.tsx";
import type { Draft, FollowUp, PromiseMade } from "./desk-types.ts";
import { formatMoment } from "./moment.ts";

const kinds: Readonly<Record<FollowUp["kind"], string>> = {
  answer: "I look at mail again",
  reminder: "I remind you that nobody answered",
  promise: "A promise is due",
  snooze: "A draft is shown again",
};

/** Drafts that are put off, and what is planned. */
export function LaterRows({
  snoozed,
  followUps,
}: {
  readonly snoozed: readonly Draft[];
  readonly followUps: readonly FollowUp[];
}) {
  const now = Date.now();
  return (
    <ul class="rows">
      {snoozed.map((draft) => (
        <li key={draft.id} class="row">
          <div class="row-head">
            <strong>{draft.senderName}</strong>
            <span class="place">{draft.channel}</span>
            <time dateTime={new Date(draft.snoozedUntil).toISOString()}>{formatMoment(draft.snoozedUntil, now)}</time>
          </div>
          <p class="row-text">{draft.text}</p>
          <p class="hint">This draft is shown again then.</p>
        </li>
      ))}
      {followUps
        // Their drafts stand above.
        .filter(({ kind }) => kind !== "snooze")
        .map(({ id, kind, conversation, reason, dueAt }) => (
          <li key={id} class="row">
            <div class="row-head">
              <strong>{kinds[kind]}</strong>
              <span class="place">{channelOf(conversation)}</span>
              <time dateTime={new Date(dueAt).toISOString()}>{formatMoment(dueAt, now)}</time>
            </div>
            <p class="hint">{reason}</p>
          </li>
        ))}
    </ul>
  );
}

export function PromiseRows({ promises }: { readonly promises: readonly PromiseMade[] }) {
  return (
    <ul class="rows">
      {promises.map(({ id, madeBy, person, conversation, text, due }) => (
        <li key={id} class="row">
          <div class="row-head">
            <strong>{madeBy === "owner" ? `You, to ${person}` : person}</strong>
            <span class="place">{channelOf(conversation)}</span>
            {due !== undefined && <span class="due">by {due}</span>}
          </div>
          <p class="row-text">{text}</p>
        </li>
      ))}
    </ul>
  );
}
