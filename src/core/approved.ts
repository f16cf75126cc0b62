/** What outbound ids of drafts begin with: a person has approved these messages word for word, or written them. */
export const approvedPrefix = "draft-";

/** The question to the owner whether a draft may go: nobody has approved that one. */
const questionPrefix = "draft-card-";

/** Has a person approved this message of ours word for word? */
export function isApproved(outboundId: string): boolean {
  return outboundId.startsWith(approvedPrefix) && !outboundId.startsWith(questionPrefix);
}
