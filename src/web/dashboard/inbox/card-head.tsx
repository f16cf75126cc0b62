import { formatShort } from "../chat/time.ts";

export interface CardHeadProps {
  readonly id: string;
  readonly name: string;
  readonly place: string;
  readonly at: number;
}

/** Who it is about, where, and since when. */
export function CardHead({ id, name, place, at }: CardHeadProps) {
  return (
    <header class="card-head">
      <h3 id={id}>{name}</h3>
      <span class="place">{place}</span>
      <time dateTime={new Date(at).toISOString()}>{formatShort(at, Date.now())}</time>
    </header>
  );
}

/** "mail/…" -> "mail": the channel of a conversation; "workflow:…" -> "workflow". */
export function channelOf(conversation: string): string {
  return /^[^/:]*/.exec(conversation)?.[0] ?? "";
}
