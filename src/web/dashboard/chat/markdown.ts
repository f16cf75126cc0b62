import { Marked, type Tokens } from "marked";

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    // HTML in a message is shown, not obeyed.
    html({ text }) {
      return /^<br\s*\/?>$/i.test(text.trim()) ? "<br>" : escapeHtml(text);
    },
    // Pictures from elsewhere would tell their server who reads this: they become links.
    image({ href, text }) {
      return formatLink(href, escapeHtml(text === "" ? href : text));
    },
    link({ href, tokens }) {
      return formatLink(href, this.parser.parseInline(tokens));
    },
    heading({ tokens, depth }) {
      // The page has an h1 of its own.
      const level = Math.min(6, depth + 1);
      return `<h${level} class="heading-${depth}">${this.parser.parseInline(tokens)}</h${level}>`;
    },
    code({ text, lang }) {
      const language = /^[\w+#.-]+/.exec(lang ?? "")?.[0] ?? "";
      const head = `<div class="code-head"><span>${escapeHtml(language || "text")}</span><button type="button" class="copy">Copy</button></div>`;
      return `<div class="code">${head}<pre tabindex="0"><code data-lang="${escapeHtml(language)}">${escapeHtml(text)}</code></pre></div>`;
    },
    table(token: Tokens.Table) {
      const head = token.header.map((cell) => this.tablecell(cell)).join("");
      const rows = token.rows.map((row) => `<tr>${row.map((cell) => this.tablecell(cell)).join("")}</tr>`).join("");
      return `<div class="table" tabindex="0" role="group" aria-label="Table"><table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>`;
    },
  },
});

/** HTML of each top-level block, so that an answer being written redraws its last block only. Sanitise before use. */
export function formatBlocks(text: string): readonly string[] {
  const tokens = marked.lexer(text);
  return tokens.filter(({ type }) => type !== "space" && type !== "def").map((token) => marked.parser([token]));
}

/** The words without the marks, for announcing and titles; cut to a length. */
export function formatPlain(text: string, maxChars: number): string {
  const plain = text
    .replace(/```[^\n]*\n?/g, "")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/^[ \t]*(?:#{1,6}|>|[-*+]|\d+\.)[ \t]+/gm, "")
    .replace(/[*_~`|]+/g, "")
    .replace(/\s+/g, " ")
    .trim();
  return plain.length <= maxChars ? plain : `${plain.slice(0, maxChars - 1).trimEnd()}…`;
}

function formatLink(href: string, html: string): string {
  if (!/^(?:https?:\/\/|mailto:)/i.test(href)) return html;
  return `<a href="${escapeHtml(href)}" target="_blank" rel="noopener noreferrer">${html}</a>`;
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
