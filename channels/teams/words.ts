import type { TeamsActivity } from "./activity.ts";
import { decodeEntities } from "./html.ts";
import { parseHtmlContent } from "./html-to-markdown.ts";

/** What somebody wrote, read from the HTML where Teams gives it, and from the bare text elsewhere. */
export interface Words {
  /** CommonMark, without our name at its beginning. */
  readonly text: string;
  readonly mentionsUs: boolean;
  readonly quote?: { readonly messageId: string; readonly author: string };
  /** Does the message speak of a file that did not come with it? */
  readonly namesFile: boolean;
}

interface Mention {
  readonly id: string;
  readonly name: string;
}

/** Stands for our own name until it is known where it stands. */
const us = "\u0000";

export function parseWords(activity: TeamsActivity): Words {
  const mentions = listMentions(activity);
  const ourId = activity.recipient.id;
  const isOurs = (name: string, index: number | undefined): boolean => {
    const numbered = index === undefined ? undefined : mentions[index];
    // Two people may have one name: the number tells them apart, where it fits.
    if (numbered?.name === name) return numbered.id === ourId;
    return mentions.some((mention) => mention.name === name && mention.id === ourId);
  };
  const show = (name: string, index?: number): string => (isOurs(name, index) ? us : name === "" ? "" : `@${name}`);

  const html = activity.attachments?.find(({ contentType }) => contentType === "text/html")?.content;
  const content =
    typeof html === "string" && html.trim() !== ""
      ? parseHtmlContent(html.replaceAll(us, ""), show)
      : { text: parsePlain(activity.text ?? "", show), namesFile: false };
  const quoted = content.quote ?? findQuote(activity);
  // Some clients send an HTML part that says less than the text: an emptied one must not swallow the words.
  const text = content.text === "" ? parsePlain(activity.text ?? "", show) : content.text;
  return {
    text: stripOurName(text, activity.recipient.name ?? ""),
    mentionsUs: mentions.some(({ id }) => id === ourId),
    ...(quoted === undefined ? {} : { quote: quoted }),
    namesFile: content.namesFile,
  };
}

function parsePlain(text: string, show: (name: string) => string): string {
  return text
    .replaceAll(us, "")
    .replaceAll(/<quoted messageId="[^"]{0,100}"\s?\/>/g, "")
    .replaceAll(/<at[^>]{0,200}>([^<]{0,300})<\/at>/gi, (_, name: string) => show(decodeEntities(name).trim()))
    .replaceAll("&nbsp;", " ")
    .replaceAll("\u00a0", " ")
    .replaceAll(/\r\n?/g, "\n")
    .trim();
}

/** "@Parlance, do it" is "do it"; in the middle of a sentence the name stays. */
function stripOurName(text: string, name: string): string {
  return text
    .replace(new RegExp(`^(?:\\s*${us}[,:]?)+\\s*`), "")
    .replaceAll(us, `@${name}`)
    .trim();
}

function listMentions({ entities }: TeamsActivity): readonly Mention[] {
  return (entities ?? []).flatMap((entity) => {
    if (entity.type !== "mention") return [];
    const { mentioned, text } = entity as { mentioned?: { id?: unknown; name?: unknown }; text?: unknown };
    if (typeof mentioned?.id !== "string") return [];
    const shown = typeof text === "string" ? /^<at[^>]*>([^<]*)<\/at>$/i.exec(text.trim())?.[1] : undefined;
    const name = shown === undefined ? (typeof mentioned.name === "string" ? mentioned.name : "") : shown;
    return [{ id: mentioned.id, name: decodeEntities(name).trim() }];
  });
}

/** The newer form of a quote: an entity of its own. */
function findQuote({ entities }: TeamsActivity): Words["quote"] {
  for (const entity of entities ?? []) {
    if (entity.type.toLowerCase() !== "quotedreply") continue;
    const { quotedReply } = entity as { quotedReply?: { messageId?: unknown; senderId?: unknown } };
    if (typeof quotedReply?.messageId === "string")
      return {
        messageId: quotedReply.messageId,
        author: typeof quotedReply.senderId === "string" ? quotedReply.senderId : "",
      };
  }
  return undefined;
}
