/** What stands where something masked was, so that its place still counts and its content does not. */
export const masks = { url: "\uE001", code: "\uE002", name: "\uE003" } as const;

const maxChars = 6_000;

/** From here on a message is somebody else's, or the same under every message. */
const ends: readonly RegExp[] = [
  /^-- ?$/m,
  /^[-_=* ]{3,40}(?:original message|forwarded message|forwarded by|ursprüngliche nachricht|weitergeleitete nachricht|message d'origine|message transféré|mensaje original|mensaje reenviado)/im,
  /^(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-mail)|début du message transféré|inicio del mensaje reenviado)\s?:/im,
  /^(?:on|am|le|el)\s[^\n]{4,160}(?:wrote|schrieb[^\n:]{0,80}|a écrit|escribió)\s?:\s*$/im,
  /^(?:from|von|de)\s?:[^\n]{1,200}\n(?:sent|date|to|gesendet|datum|an|envoyé|à|enviado|fecha|para)\s?:/im,
  /^(?:sent from my|get outlook for|von meinem \S+ gesendet|gesendet (?:von|mit) |envoyé (?:de|depuis) mon|enviado desde mi)/im,
];

/**
 * What a message's sender has written in it: without code, quotes, signature and what was forwarded; addresses of
 * pages and of people are replaced by a mark. Never throws; looks at no more than its first 6,000 characters.
 */
export function maskText(text: string): string {
  let own = text.slice(0, maxChars).replaceAll("\r\n", "\n");
  for (const end of ends) {
    const at = own.search(end);
    if (at > 0) own = own.slice(0, at);
    else if (at === 0) return "";
  }
  return own
    .replaceAll(/^(?:```|~~~)[^]*?(?:^(?:```|~~~)[ \t]*$|$(?![^]))/gm, masks.code)
    .replaceAll(/`[^`\n]+`/g, masks.code)
    .replaceAll(/^[ \t]*>.*$\n?/gm, "")
    .replaceAll(/\b(?:https?|ftp|ssh|git|file):\/\/\S+|\bwww\.\S+/gi, masks.url)
    .replaceAll(/[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+/g, masks.url)
    .replaceAll(/[\uE000\uE004-\uF8FF]/g, "")
    .replaceAll(/\n{3,}/g, "\n\n")
    .replace(/^\n+|\s+$/g, "");
}
