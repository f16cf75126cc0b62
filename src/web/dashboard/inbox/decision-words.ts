import type { Decision } from "./desk-types.ts";

/** What was done with a message. */
export const actions: Readonly<Record<Decision["action"], string>> = {
  reply: "I answered it",
  draft: "I wrote a draft",
  "ask-approval": "I wrote a draft and asked you",
  escalate: "I told you",
  "follow-up": "I look at it again later",
  digest: "I kept it for the digest",
  ignore: "I left it alone",
};

/** How the message was read, as a sentence. */
export function describeReading({ kind, asks, priority, deadline, confidence }: Decision): string {
  const by = deadline === undefined ? "" : `, wanted by ${deadline}`;
  const what = asks ? "it asks something of you" : "it asks nothing of you";
  return `Read as: ${kind}, ${what}, priority ${priority}${by}. ${Math.round(confidence * 100)}% sure.`;
}
