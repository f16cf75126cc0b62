import type { Message } from "telegraf/types";

/** A file that getFile can give us. */
export interface TelegramFile {
  readonly fileId: string;
  readonly name: string;
  readonly mimeType?: string;
  readonly bytes?: number;
}

interface Media {
  readonly file_id: string;
  readonly file_unique_id: string;
  readonly file_size?: number;
  readonly file_name?: string;
  readonly mime_type?: string;
}

/** The file that came with a message, if any. Stickers are told as their emoji instead. */
export function parseFile(message: Message): TelegramFile | undefined {
  if ("photo" in message) {
    // Sizes come smallest first.
    const largest = message.photo.at(-1);
    return largest === undefined ? undefined : parseMedia({ ...largest, mime_type: "image/jpeg" }, "photo", "jpg");
  }
  // An animation also comes as a document, for old clients.
  if ("animation" in message) return parseMedia(message.animation, "animation", "mp4");
  if ("document" in message) return parseMedia(message.document, "document", "bin");
  if ("video" in message) return parseMedia(message.video, "video", "mp4");
  if ("video_note" in message) return parseMedia({ ...message.video_note, mime_type: "video/mp4" }, "video", "mp4");
  if ("voice" in message) return parseMedia(message.voice, "voice", "ogg");
  if ("audio" in message) return parseMedia(message.audio, "audio", "mp3");
  return undefined;
}

function parseMedia(media: Media, kind: string, extension: string): TelegramFile {
  return {
    fileId: media.file_id,
    name: media.file_name ?? `${kind}-${media.file_unique_id}.${extension}`,
    ...(media.mime_type === undefined ? {} : { mimeType: media.mime_type }),
    ...(media.file_size === undefined ? {} : { bytes: media.file_size }),
  };
}

/** Words for content that is neither text nor file; "" for service messages, which nobody said. */
export function describeContent(message: Message): string {
  if ("sticker" in message) return message.sticker.emoji ?? "[sticker]";
  if ("venue" in message)
    return `📍 ${message.venue.title}, ${message.venue.address} (${message.venue.location.latitude}, ${message.venue.location.longitude})`;
  if ("location" in message) return `📍 ${message.location.latitude}, ${message.location.longitude}`;
  if ("contact" in message)
    return `👤 ${[message.contact.first_name, message.contact.last_name, message.contact.phone_number].filter(Boolean).join(" ")}`;
  if ("poll" in message)
    return [`📊 ${message.poll.question}`, ...message.poll.options.map(({ text }) => `- ${text}`)].join("\n");
  if ("dice" in message) return `${message.dice.emoji} ${message.dice.value}`;
  return "";
}
