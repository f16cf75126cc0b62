const groupPrefix = "group.";

/** A group is "group.<id>", a direct chat is the other person's ACI. */
export function formatGroupChat(groupId: string): string {
  return groupPrefix + groupId;
}

export function isGroupChat(chat: string): boolean {
  return chat.startsWith(groupPrefix);
}

/** Where signal-cli shall send to. */
export function formatTarget(chat: string): { readonly groupId: string } | { readonly recipient: readonly string[] } {
  return isGroupChat(chat) ? { groupId: chat.slice(groupPrefix.length) } : { recipient: [chat] };
}
