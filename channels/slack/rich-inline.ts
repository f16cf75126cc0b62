import type { Tokens } from "marked";
import type * as types from "@slack/types";
import { plainText, type Token } from "../_shared/markdown.ts";

export interface Style {
  readonly bold?: true;
  readonly italic?: true;
  readonly strike?: true;
  readonly code?: true;
}

const maxUrlLength = 3_000;

/** Words and links as Slack's rich text. Nothing in them can call a whole channel: only people can be mentioned. */
export function formatInline(tokens: readonly Token[], style: Style = {}): types.RichTextElement[] {
  return merge(tokens.flatMap((token) => formatSpan(token as Tokens.Generic, style)));
}

export function formatWords(text: string, style: Style = {}): types.RichTextElement[] {
  if (text === "") return [];
  return [Object.keys(style).length === 0 ? { type: "text", text } : { type: "text", text, style }];
}

function formatSpan(token: Tokens.Generic, style: Style): types.RichTextElement[] {
  const inner = (more: Style): types.RichTextElement[] => formatInline(token.tokens ?? [], { ...style, ...more });
  switch (token.type) {
    case "strong":
      return inner({ bold: true });
    case "em":
      return inner({ italic: true });
    case "del":
      return inner({ strike: true });
    case "codespan":
      return formatWords((token as Tokens.Codespan).text, { ...style, code: true });
    case "br":
      return formatWords("\n", style);
    case "checkbox":
      return [];
    case "link":
      return formatLink(inner({}), token as Tokens.Link, style);
    case "image":
      return formatLink(formatWords(decode((token as Tokens.Image).text), style), token as Tokens.Image, style);
    case "html":
      return /^<br\s*\/?>$/i.test(token.raw.trim()) ? formatWords("\n", style) : formatText(token.raw, style);
    case "escape":
      return formatWords((token as Tokens.Escape).text, style);
    default:
      return token.tokens === undefined ? formatText(decode((token as Tokens.Text).text), style) : inner({});
  }
}

/** Slack's links have one style and no parts. Addresses of other kinds stay text. */
function formatLink(
  content: types.RichTextElement[],
  { href }: { readonly href: string },
  style: Style,
): types.RichTextElement[] {
  const url = decode(href);
  const text = content.map((each) => ("text" in each ? (each.text ?? "") : "")).join("");
  if (!/^(?:https?|mailto|tel|slack):/i.test(url) || url.length > maxUrlLength)
    return text === "" ? formatWords(url, style) : content;
  const isBare = text === "" || text === url || text === url.replace(/^mailto:/, "");
  const first = content[0];
  const shown = content.length === 1 && first?.type === "text" ? first.style : style;
  return [
    {
      type: "link",
      url,
      ...(isBare ? {} : { text }),
      ...(shown === undefined || Object.keys(shown).length === 0 ? {} : { style: shown }),
    },
  ];
}

/** "<@U123>" mentions a person, "<#C123>" a channel; "<!here>" and its like are words only. */
function formatText(text: string, style: Style): types.RichTextElement[] {
  return text.split(/(<[@#!][^<>]+>)/).flatMap((piece, index): types.RichTextElement[] => {
    if (index % 2 === 0) return formatWords(piece, style);
    const [, kind, id = "", label] = /^<([@#!])([^|>]+)(?:\|([^>]*))?>$/.exec(piece) ?? [];
    if (kind === "@" && /^[UW][A-Z0-9]+$/.test(id)) return [{ type: "user", user_id: id }];
    if (kind === "#" && /^[CG][A-Z0-9]+$/.test(id)) return [{ type: "channel", channel_id: id }];
    return formatWords(kind === "!" ? `@${label ?? id.replace(/^subteam\^/, "")}`.replace("@@", "@") : piece, style);
  });
}

/** Neighbours that look alike become one: Slack counts characters of JSON. */
export function merge(elements: readonly types.RichTextElement[]): types.RichTextElement[] {
  const merged: types.RichTextElement[] = [];
  for (const element of elements) {
    const last = merged.at(-1);
    if (
      last?.type === "text" &&
      element.type === "text" &&
      JSON.stringify(last.style) === JSON.stringify(element.style)
    )
      merged[merged.length - 1] = { ...last, text: last.text + element.text };
    else merged.push(element);
  }
  return merged;
}

/** Entities that stand in the source; marked leaves them. */
function decode(text: string): string {
  return text.replaceAll(/&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});/gi, (entity) => plainText(entity));
}
