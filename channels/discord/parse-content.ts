import type { APIAttachment, APIMessage } from "discord.js";

/** A file that came with a message; the URL holds a signature and is never told. */
export interface DiscordFile {
  readonly url: string;
  readonly name: string;
  readonly mimeType?: string;
  readonly bytes: number;
}

/** More than ten files fit into no message. */
const maxFiles = 10;

/** The files of a message, and of the one that it forwards. */
export function parseFiles(message: APIMessage): readonly DiscordFile[] {
  const forwarded = message.message_snapshots?.flatMap((each) => each.message.attachments ?? []) ?? [];
  return [...message.attachments, ...forwarded].slice(0, maxFiles).map(parseFile);
}

function parseFile(file: APIAttachment): DiscordFile {
  return {
    url: file.url,
    name: file.filename,
    ...(file.content_type === undefined ? {} : { mimeType: file.content_type }),
    bytes: file.size,
  };
}

/** Words for content that is neither text nor file: stickers, polls, forwarded messages. "" when there is none. */
export function describeExtras(message: APIMessage): string {
  const stickers = (message.sticker_items ?? []).map(({ name }) => `[sticker: ${name}]`);
  const forwarded = (message.message_snapshots ?? []).flatMap(({ message: snapshot }) =>
    snapshot.content === "" ? [] : [`[Forwarded]\n${snapshot.content.replaceAll(/^/gm, "> ")}`],
  );
  const poll = message.poll;
  const asked =
    poll === undefined
      ? []
      : [
          [
            `📊 ${poll.question.text ?? ""}`,
            ...poll.answers.map(({ poll_media: answer }) => `- ${answer.text ?? ""}`),
          ].join("\n"),
        ];
  return [...stickers, ...forwarded, ...asked].join("\n\n");
}
