/** What begins somebody else's text, or what nobody wrote: from here on nothing is judged. */
const ends: readonly RegExp[] = [
  /^-- ?$/m,
  /^[-_=* ]{3,}\s*(?:original message|forwarded (?:message|by)|ursprüngliche nachricht|weitergeleitete nachricht|message (?:d'origine|original|transféré)|mensaje (?:original|reenviado))/im,
  /^(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-mail)|début du message (?:transféré|réexpédié)|inicio del mensaje reenviado)\s?:/im,
  /^(?:on|am|le|el)\s[^\n]{4,160}\n?[^\n]{0,80}(?:wrote|schrieb[^\n:]{0,80}|a écrit|écrivait|escribió)\s?:\s*$/im,
  /^(?:from|von|de|expéditeur)\s?:[^\n]+\n(?:sent|date|to|gesendet|datum|an|envoyé|à|enviado|fecha|para)\s?:/im,
  /^(?:sent from my|get outlook for|von meinem \S+ gesendet|gesendet (?:von|mit) |envoyé (?:de|depuis) mon|enviado desde mi)/im,
];
/** Quotes are cut from so much; of what is left, the beginning and the end are judged: what is asked stands there. */
const maxChars = 6_000;
const maxBeginning = 1_500;
const maxEnd = 700;
const fence = /^(?:```|~~~)[^]*?(?:^(?:```|~~~)\s*$|$(?![^]))/gm;
const inlineCode = /`[^`\n]+`/g;
const quotedLine = /^\s*>.*$/gm;

/** A message without quotes, code, signature and what was forwarded: what its sender says. */
export function pickOwnText(text: string): string {
  let own = text.slice(0, maxChars).replaceAll("\r\n", "\n");
  for (const end of ends) {
    const at = own.search(end);
    if (at >= 0) own = own.slice(0, at);
  }
  own = own.replaceAll(fence, "\n").replaceAll(inlineCode, " code ").replaceAll(quotedLine, "").trim();
  return own.length <= maxBeginning + maxEnd ? own : `${own.slice(0, maxBeginning)}\n\n${own.slice(-maxEnd)}`;
}
