import type { DocumentText } from "../core/document.ts";
import { loadPackage } from "../core/load-package.ts";
import { createPageCollector } from "./page-collector.ts";
import { formatReadableText, readPageTitle } from "./readable-text.ts";

/** Below this an "article" is a teaser or a cookie notice that looked like one. */
const shortestArticle = 500;
/** Beyond this the search for an article costs more than it saves. */
const longestArticlePage = 3_000_000;

/**
 * A web page as text: of an article what it says, without menus and margins; of any other page everything on it. A page
 * that defeats the search for its article is read whole.
 */
export async function readHtml(html: string): Promise<DocumentText> {
  const article = html.length > longestArticlePage ? undefined : await findArticle(html).catch(() => undefined);
  return article === undefined ? readWhole(html) : collect(html, article);
}

/** Everything on the page; linear in its length. */
export function readWhole(html: string): DocumentText {
  return collect(html, formatReadableText(html));
}

function collect(html: string, text: string): DocumentText {
  const pages = createPageCollector();
  pages.add("Text", text);
  return pages.finish(readPageTitle(html));
}

async function findArticle(html: string): Promise<string | undefined> {
  const { parseHTML } = await loadPackage("linkedom", () => import("linkedom"));
  const { Readability, isProbablyReaderable } = await loadPackage(
    "@mozilla/readability",
    () => import("@mozilla/readability"),
  );
  const { document } = parseHTML(withBody(html)) as unknown as { readonly document: never }; // a browser's Document, whose type is not at hand
  if (!isProbablyReaderable(document)) return undefined;
  const article = new Readability(document, { maxElemsToParse: 50_000 }).parse();
  const text = formatReadableText(article?.content ?? "");
  return text.length < shortestArticle ? undefined : text;
}

/** Pages may leave out <html> and <body>, and the parser does not put them there. */
function withBody(html: string): string {
  if (/<body[\s>]/i.test(html)) return html;
  return `<html><body>${html.replace(/<!doctype[^>]*>|<\/?html[^>]*>/gi, "")}</body></html>`;
}
