import type { TeamsActivity } from "./activity.ts";

/** A file that came with a message. */
export interface TeamsFile {
  readonly name: string;
  readonly url: string;
  readonly mimeType?: string;
  /** "service": behind our token, at the Bot Connector. "drive": in the person's OneDrive, by an address that opens it. */
  readonly from: "service" | "drive";
}

const driveType = "application/vnd.microsoft.teams.file.download.info";

/** The files of a message. Cards, and the HTML of the text itself, are none. */
export function pickFiles({ attachments, id }: TeamsActivity): readonly TeamsFile[] {
  return (attachments ?? []).flatMap((attachment, index): TeamsFile[] => {
    const { contentType, contentUrl, name, content } = attachment;
    if (contentType === driveType) {
      const { downloadUrl } = (content ?? {}) as { downloadUrl?: unknown };
      return typeof downloadUrl === "string"
        ? [{ name: name ?? `file-${index + 1}`, url: downloadUrl, from: "drive" }]
        : [];
    }
    if (contentUrl == null || !/^(?:image|audio|video)\//.test(contentType)) return [];
    const kind = contentType.split("/")[0] ?? "file";
    // Pasted pictures have the type "image/*" and no name.
    const mimeType = contentType.endsWith("/*") ? {} : { mimeType: contentType };
    return [{ name: name ?? `${kind}-${id ?? ""}-${index + 1}`, url: contentUrl, ...mimeType, from: "service" }];
  });
}
