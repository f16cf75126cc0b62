/**
 * A chat's GUID is "<service>;<- or +>;<address>", and macOS 26 has replaced every service by "any". So a chat is known
 * to us by what is behind the service: "-;+15550100042" for a direct chat, "+;chat1234567890" for a group.
 */
export function parseChatGuid(guid: string): { readonly chat: string; readonly isGroup: boolean } | undefined {
  const [, kind, address = ""] = /^[^;]*;([-+]);(.+)$/s.exec(guid) ?? [];
  if (kind === undefined) return undefined;
  const isGroup = kind === "+";
  return { chat: `${kind};${isGroup ? address : normaliseHandle(address)}`, isGroup };
}

export function isGroupChat(chat: string): boolean {
  return chat.startsWith("+;");
}

export function formatDirectChat(handle: string): string {
  return `-;${normaliseHandle(handle)}`;
}

/** A GUID for a chat of which none was seen yet. */
export function formatChatGuid(chat: string, service: string): string {
  return `${service};${chat}`;
}

/** "+1 (555) 010-0042" and "+15550100042" are the same; so are an e-mail address in capitals and in small letters. */
export function normaliseHandle(handle: string): string {
  const trimmed = handle.trim().replace(/^(?:tel|mailto):/i, "");
  return /^\+?[\d\s().-]{3,}$/.test(trimmed) ? trimmed.replaceAll(/[\s().-]/g, "") : trimmed.toLowerCase();
}
