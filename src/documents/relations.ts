import { posix } from "node:path";
import type { Archive } from "./zip.ts";
import { readAttribute, readXml } from "./xml.ts";

export interface Relation {
  readonly id: string;
  /** The last word of its type: "slide", "worksheet", "notesSlide". */
  readonly type: string;
  /** A path in the archive. */
  readonly target: string;
}

/** What a part of an office file points to. */
export function readRelations(archive: Archive, part: string): readonly Relation[] {
  const folder = posix.dirname(part);
  const xml = archive.text(`${folder}/_rels/${posix.basename(part)}.rels`) ?? "";
  return readXml(xml)
    .flatMap((piece) => {
      if (piece.kind !== "open" || piece.name !== "Relationship") return [];
      const target = readAttribute(piece.attributes, "Target") ?? "";
      return [
        {
          id: readAttribute(piece.attributes, "Id") ?? "",
          type: readAttribute(piece.attributes, "Type")?.split("/").at(-1) ?? "",
          target: target.startsWith("/") ? target.slice(1) : posix.join(folder, target),
        },
      ];
    })
    .toArray();
}
