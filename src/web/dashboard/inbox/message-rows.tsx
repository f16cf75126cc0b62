import { formatShort } from "../chat/time.ts";
import { channelOf } from "./card-head.tsx";
import type { Decision, Thread } from "./desk-types.ts";
import { Why } from "./why.tsx";

/** Threads that wait for the reader's own answer. */
export function ThreadRows({ threads }: { readonly threads: readonly Thread[] }) {
  return (
    <ul class="rows">
      {threads.map(({ conversation, reason, theyWroteAt, latest }) => (
        <li key={conversation} class="row">
          <RowHead name={latest?.senderName ?? reason} place={channelOf(conversation)} at={theyWroteAt} />
          <p class="row-text">{latest?.subject ?? latest?.excerpt ?? ""}</p>
          {latest?.subject !== undefined && <p class="row-text muted">{latest.excerpt}</p>}
          <p class="hint">{reason}</p>
          {latest !== undefined && <Why id={latest.id} decision={latest} />}
        </li>
      ))}
    </ul>
  );
}

/** What the reader was told of. */
export function ToldRows({ told }: { readonly told: readonly Decision[] }) {
  return (
    <ul class="rows">
      {told.map((decision) => (
        <li key={decision.id} class={`row ${decision.priority}`}>
          <RowHead name={decision.senderName} place={decision.channel} at={decision.at} />
          <p class="row-text">{decision.excerpt}</p>
          <Why id={decision.id} decision={decision} />
        </li>
      ))}
    </ul>
  );
}

export function RowHead({ name, place, at }: { readonly name: string; readonly place: string; readonly at: number }) {
  return (
    <div class="row-head">
      <strong>{name}</strong>
      <span class="place">{place}</span>
      <time dateTime={new Date(at).toISOString()}>{formatShort(at, Date.now())}</time>
    </div>
  );
}
