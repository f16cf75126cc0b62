import { prefixLines } from "../_shared/markdown.ts";
import { formatMessageId } from "./message-id.ts";
import { parseMrkdwn, type NameLookup } from "./mrkdwn.ts";
import type { SlackFile, SlackMessage } from "./payloads.ts";

/** A file that came with a message and has to be fetched. */
export interface IncomingFile {
  readonly fileId: string;
  readonly name: string;
  readonly mimeType?: string;
  readonly bytes?: number;
  /** Absent where Slack does not tell it here: ask files.info, or there is nothing to fetch. */
  readonly url?: string;
  /** Why it cannot be had, in plain words. */
  readonly problem?: string;
}

export function parseFiles(message: SlackMessage): readonly IncomingFile[] {
  return (message.files ?? []).map(parseFile);
}

export function parseFile(file: SlackFile): IncomingFile {
  const url = file.url_private_download ?? file.url_private;
  const problem = describeProblem(file);
  return {
    fileId: file.id,
    name: file.name ?? file.title ?? file.id,
    ...(file.mimetype === undefined ? {} : { mimeType: file.mimetype }),
    ...(file.size === undefined ? {} : { bytes: file.size }),
    ...(problem === undefined ? {} : { problem }),
    // What lies with other providers is theirs: our token must never go there.
    ...(url === undefined || problem !== undefined ? {} : { url }),
  };
}

function describeProblem(file: SlackFile): string | undefined {
  if (file.mode === "tombstone") return "it was deleted";
  if (file.mode === "hidden_by_limit") return "the workspace's plan hides old files";
  if (file.is_external === true || file.mode === "external")
    return `it lies outside Slack${file.url_private === undefined ? "" : `, at ${file.url_private}`}`;
  return undefined;
}

/**
 * Messages that were shared or linked are quoted. What apps attach counts only where they say nothing else. The first
 * one of the same conversation is what the message answers.
 */
export function parseAttachments(
  message: SlackMessage,
  chat: string,
  names: NameLookup,
): { readonly texts: readonly string[]; readonly replyToId?: string } {
  const attachments = message.attachments ?? [];
  const quotes = attachments.filter((each) => each.is_share === true || each.is_msg_unfurl === true);
  const texts = quotes.map(({ author_name: author, text = "" }) =>
    prefixLines([author === undefined ? "" : `${author}:`, parseMrkdwn(text, names)].filter(Boolean).join("\n"), "> "),
  );
  const isBare = (message.text ?? "") === "" && quotes.length === 0;
  const others = isBare ? attachments.map(({ text, fallback }) => parseMrkdwn(text ?? fallback ?? "", names)) : [];
  const answered = quotes.find((each) => each.channel_id === chat && each.ts !== undefined)?.ts;
  return {
    texts: [...texts, ...others].filter((text) => text !== ""),
    ...(answered === undefined ? {} : { replyToId: formatMessageId(chat, answered) }),
  };
}
