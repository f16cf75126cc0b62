import type { Generated } from "kysely";

/** The columns as both databases hold them: times are epoch milliseconds, flags 0 or 1, JSON is text. */
export interface Tables {
  persona_outcome: {
    seq: Generated<number>;
    persona: string;
    ref: string;
    outcome: string;
    note: string;
    at: number;
  };
  inbox: {
    seq: Generated<number>;
    channel: string;
    external_id: string;
    conversation: string;
    message: string;
    state: "new" | "done";
    turn_id: string | null;
    received_at: number;
  };
  conversation: {
    id: string;
    fence: number;
    owner: string | null;
    lease_until: number;
    session: number;
    persona: string | null;
    model: string | null;
    summary: string | null;
    summary_seq: number;
    is_summary_outside: number;
    title: string | null;
    plan: string | null;
    found_persona: string | null;
    has_open_turn: number;
    has_pins: number;
    stop_requested: number;
    attempts: number;
    retry_at: number;
    updated_at: number;
  };
  message: {
    seq: Generated<number>;
    conversation: string;
    session: number;
    turn_id: string;
    role: string;
    content: string;
    external_id: string;
    sender_name: string;
    text: string;
    shown: string | null;
    in_context: number;
    is_pinned: number;
    at: number;
  };
  turn: {
    id: string;
    conversation: string;
    state: string;
    inbox_seqs: string;
    is_tainted: number;
    persona: string;
    started_at: number;
  };
  step: { turn_id: string; idx: number; message: string; started_calls: string };
  outbox: {
    seq: Generated<number>;
    id: string;
    conversation: string;
    channel: string;
    message: string;
    state: string;
    attempts: number;
    parts: string;
    hint: string | null;
    preview_id: string | null;
    owner: string | null;
    owned_until: number;
    next_at: number;
    error: string | null;
    created_at: number;
  };
  person: { id: string; name: string; role: string };
  pairing: { code: string; person: string; person_name: string; address: string; state: string; expires_at: number };
  approval: {
    id: string;
    conversation: string;
    turn_id: string;
    call_id: string;
    tool: string;
    input: string;
    question: string;
    state: string;
    answered_by: string | null;
    expires_at: number;
    created_at: number;
  };
  dead_letter: { id: string; kind: string; ref: string; reason: string; state: string; at: number };
  usage: {
    at: number;
    conversation: string;
    person: string;
    persona: string;
    model: string;
    input_tokens: number;
    output_tokens: number;
    cached_tokens: number;
    cost_micros: number;
  };
  egress: { at: number; url: string; address: string; outcome: string; reason: string; turn_id: string };
  channel_state: { channel: string; key: string; value: string };
  named_lease: { name: string; owner: string; until: number };
  audit: {
    chain: string;
    seq: number;
    at: number;
    kind: string;
    actor: string;
    subject: string;
    details: string;
    prev: string;
    hash: string;
  };
  memory: {
    seq: Generated<number>;
    id: string;
    layer: string;
    scope: string;
    source: string;
    speaker: string;
    place: string | null;
    text: string;
    at: number;
    importance: number;
    access_count: Generated<number>;
    last_access_at: number | null;
    expires_at: number | null;
    is_pinned: number;
    is_outside: number;
    gone_at: number | null;
    is_gone: number;
    change_seq: number;
  };
  memory_state: { key: string; value: number };
  migration: { version: number; name: string; at: number };
}
