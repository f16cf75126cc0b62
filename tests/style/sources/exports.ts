import { strToU8, zipSync } from "fflate";
import type { SourceKind } from "../../../src/style/sources/source.ts";

/** What somebody said in a chat of two. */
export interface Said {
  readonly byMe: boolean;
  readonly text: string;
}

export interface Export {
  readonly kind: SourceKind;
  /** How the owner and the other one are known. */
  readonly me: string;
  readonly them: string;
  write(said: readonly Said[]): string | Uint8Array;
}

const start = Date.UTC(2025, 2, 1, 9);
const at = (index: number): Date => new Date(start + index * 60_000);
const two = (value: number): string => String(value).padStart(2, "0");
const mailDate = (date: Date): string => date.toUTCString().replace("GMT", "+0000");

/** The same chat in the form of each platform that names who wrote. */
export const exports: readonly Export[] = [
  {
    kind: "mbox",
    me: "kim@example.org",
    them: "anna@example.org",
    write: (said) =>
      said
        .map(({ byMe, text }, index) => {
          const [from, to] = byMe ? ["kim@example.org", "anna@example.org"] : ["anna@example.org", "kim@example.org"];
          return `From ${from} Sat Mar  1 09:00:00 2025\nFrom: "Somebody" <${from}>\nTo: ${to}\nDate: ${mailDate(at(index))}\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n${text.replaceAll(/^(>*From )/gm, ">$1")}\n\n`;
        })
        .join(""),
  },
  {
    kind: "slack",
    me: "U0KIM",
    them: "U0ANNA",
    write: (said) =>
      zipSync({
        "users.json": strToU8('[{"id":"U0KIM","name":"kim"}]'),
        "general/2025-03-01.json": strToU8(
          JSON.stringify(
            said.map(({ byMe, text }, index) => ({
              type: "message",
              user: byMe ? "U0KIM" : "U0ANNA",
              text: text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;"),
              ts: `${at(index).getTime() / 1000}.000100`,
            })),
          ),
        ),
      }),
  },
  {
    kind: "whatsapp",
    me: "Kim",
    them: "Anna",
    write: (said) =>
      said
        .map(({ byMe, text }, index) => {
          const date = at(index);
          return `${two(date.getUTCDate())}.${two(date.getUTCMonth() + 1)}.25, ${two(date.getUTCHours())}:${two(date.getUTCMinutes())} - ${byMe ? "Kim" : "Anna"}: ${text}\n`;
        })
        .join(""),
  },
  {
    kind: "telegram",
    me: "user11",
    them: "user22",
    write: (said) =>
      JSON.stringify(
        {
          name: "Anna",
          type: "personal_chat",
          id: 22,
          messages: said.map(({ byMe, text }, index) => ({
            id: index,
            type: "message",
            date: at(index).toISOString().slice(0, 19),
            date_unixtime: String(at(index).getTime() / 1000),
            from: byMe ? "Kim" : "Anna",
            from_id: byMe ? "user11" : "user22",
            text,
          })),
        },
        undefined,
        1,
      ),
  },
  {
    kind: "jsonl",
    me: "kim",
    them: "anna",
    write: (said) =>
      said
        .map(({ byMe, text }, index) => JSON.stringify({ at: at(index).getTime(), text, from: byMe ? "kim" : "anna" }))
        .join("\n"),
  },
];
