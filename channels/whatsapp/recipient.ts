/**
 * How a call names the chat: a phone number (digits), a business-scoped id ("US.134…") of somebody who hides their
 * number, or else a group.
 */
export function formatRecipient(chat: string): object {
  if (/^\d+$/.test(chat)) return { recipient_type: "individual", to: chat };
  if (isPersonId(chat)) return { recipient_type: "individual", recipient: chat };
  return { recipient_type: "group", to: chat };
}

export function isGroupId(chat: string): boolean {
  return !/^\d+$/.test(chat) && !isPersonId(chat);
}

function isPersonId(chat: string): boolean {
  return /^[A-Z]{2}\.(?:ENT\.)?\w+$/.test(chat);
}
