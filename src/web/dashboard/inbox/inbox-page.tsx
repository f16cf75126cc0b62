import type { ComponentChildren } from "preact";
import { useCallback, useState } from "preact/hooks";
import { MarkdownView } from "../chat/markdown-view.tsx";
import { formatShort } from "../chat/time.ts";
import { ApprovalCard } from "./approval-card.tsx";
import type { Digest, Style } from "./desk-types.ts";
import { DraftCard } from "./draft-card.tsx";
import { listWaiting, type Waiting } from "./inbox-state.ts";
import { KeyHelp } from "./key-help.tsx";
import { LatestMessages } from "./latest-messages.tsx";
import { LaterRows, PromiseRows } from "./later-rows.tsx";
import { ThreadRows, ToldRows } from "./message-rows.tsx";
import { describeNearness } from "./nearness.ts";
import { useCardKeys } from "./use-card-keys.ts";
import type { InboxDesk } from "./use-inbox.ts";
import { useKeptFocus } from "./use-kept-focus.ts";

/** What needs the reader, first; then what they may want to know. */
export function InboxPage({ desk }: { readonly desk: InboxDesk }) {
  const { inbox, feed, news } = desk.state;
  const waiting = listWaiting(desk.state);
  const [isHelpOpen, setHelpOpen] = useState(false);
  useCardKeys(useCallback(() => setHelpOpen(true), []));
  useKeptFocus(waiting.map(idOf));

  return (
    <div class="page">
      <div class="page-body inbox">
        <p class="news" role="status">
          {news}
        </p>
        {feed === "lost" && <p class="notice">The server is not heard. What you see may be old; I keep trying.</p>}
        {feed === "absent" && <h2>There is no inbox on this server</h2>}
        {inbox === undefined && feed !== "absent" && <h2 aria-busy="true">Looking…</h2>}
        {inbox !== undefined && (
          <>
            <div class="inbox-head">
              <h2>{formatHead(waiting.length)}</h2>
              {waiting.length > 0 && (
                <button type="button" class="button quiet keys-button" onClick={() => setHelpOpen(true)}>
                  Keys <kbd aria-hidden="true">?</kbd>
                </button>
              )}
            </div>
            {waiting.length === 0 && (
              <p class="hint">
                When somebody asks you something on a channel that I watch, the answer that I would give stands here
                until you send it, change it or drop it.
              </p>
            )}
            {waiting.map((each) =>
              each.kind === "approval" ? (
                <ApprovalCard key={idOf(each)} approval={each.approval} desk={desk} />
              ) : (
                <DraftCard
                  key={idOf(each)}
                  draft={each.draft}
                  desk={desk}
                  {...(each.settled === undefined ? {} : { settled: each.settled })}
                />
              ),
            )}
            <Section title="Yours to answer" count={inbox.threads.length}>
              <ThreadRows threads={inbox.threads} />
            </Section>
            <Section title="What I told you today" count={inbox.told.length}>
              <ToldRows told={inbox.told} />
            </Section>
            <Section
              title="Later"
              count={inbox.snoozed.length + inbox.followUps.filter(({ kind }) => kind !== "snooze").length}
            >
              <LaterRows snoozed={inbox.snoozed} followUps={inbox.followUps} />
            </Section>
            <Section title="Promised" count={inbox.promises.length}>
              <PromiseRows promises={inbox.promises} />
            </Section>
            <Section title="Digests" count={inbox.digests.length}>
              {inbox.digests.map((digest) => (
                <DigestView key={digest.id} digest={digest} />
              ))}
            </Section>
            <LatestMessages seq={inbox.seq} />
            <p class="hint">{describeStyle(inbox.style)}</p>
          </>
        )}
      </div>
      {isHelpOpen && <KeyHelp onClose={() => setHelpOpen(false)} />}
    </div>
  );
}

function idOf(waiting: Waiting): string {
  return waiting.kind === "draft" ? waiting.draft.id : waiting.approval.id;
}

function formatHead(count: number): string {
  if (count === 0) return "Nothing needs you now";
  return count === 1 ? "One thing waits for you" : `${count} things wait for you`;
}

/** Left out where it is empty. */
function Section(props: { readonly title: string; readonly count: number; readonly children: ComponentChildren }) {
  if (props.count === 0) return null;
  return (
    <section class="inbox-section" aria-label={props.title}>
      <h3>{props.title}</h3>
      {props.children}
    </section>
  );
}

function DigestView({ digest }: { readonly digest: Digest }) {
  return (
    <details class="digest">
      <summary>
        {digest.name}, {formatShort(digest.at, Date.now())}
        <span class="hint"> {digest.entries === 1 ? "one entry" : `${digest.entries} entries`}</span>
      </summary>
      <MarkdownView text={digest.text} isFinal />
    </details>
  );
}

function describeStyle({ status, messages, score }: Style): string {
  const nearness =
    score === undefined
      ? ""
      : ` The latest drafts sound ${describeNearness(score)} (${Math.round(score * 100)} of 100).`;
  switch (status) {
    case "unknown":
      return "I do not know your manner of writing yet: drafts are in plain words.";
    case "learning":
      return `I am learning your manner of writing; ${messages} messages of yours so far.${nearness}`;
    case "ready":
      return `I write in your manner.${nearness}`;
  }
}
