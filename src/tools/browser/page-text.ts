import type { Page } from "playwright-core";

export interface PageView {
  readonly url: string;
  readonly title: string;
  readonly text: string;
  readonly links: ReadonlyArray<{ readonly name: string; readonly url: string }>;
  /** What can be clicked or filled in: 'button "Send"'. */
  readonly controls: readonly string[];
}

const controlRoles =
  /^(button|textbox|searchbox|checkbox|radio|combobox|listbox|option|switch|slider|spinbutton|tab|menuitem)$/;
const mostLinks = 60;
const mostControls = 60;

/** What is on the page now, for somebody who cannot see it. */
export async function viewPage(page: Page): Promise<PageView> {
  const [title, text, outline] = await Promise.all([
    page.title(),
    page
      .locator("body")
      .innerText()
      .catch(() => ""),
    page
      .locator("body")
      .ariaSnapshot()
      .catch(() => ""),
  ]);
  return { url: page.url(), title, text: tidy(text), ...readOutline(outline, page.url()) };
}

/** Reads the links and controls out of Playwright's outline of a page, which is YAML of one shape. */
export function readOutline(outline: string, base: string): Pick<PageView, "links" | "controls"> {
  const links: { name: string; url: string }[] = [];
  const controls: string[] = [];
  let link = "";
  for (const line of outline.split("\n")) {
    const entry = line
      .trim()
      .replace(/^- /, "")
      .replace(/^'(.*?)'(:?)/, "$1$2")
      .replaceAll("''", "'");
    const [, role = "", quoted = ""] = /^([a-z]+)(?: ("(?:[^"\\]|\\.)*"))?/.exec(entry) ?? [];
    if (role === "link") link = readName(quoted);
    const address = /^\/url: (.*)$/.exec(entry)?.[1];
    const url = address === undefined ? null : URL.parse(address.replace(/^"(.*)"$/, "$1"), base);
    if (url !== null && /^https?:$/.test(url.protocol) && link !== "" && links.length < mostLinks) {
      links.push({ name: link, url: url.href });
      link = "";
    }
    if (controlRoles.test(role) && quoted !== "" && controls.length < mostControls)
      controls.push(`${role} ${quoted}${/\[(?:checked|selected|disabled)\]/.exec(entry)?.[0] ?? ""}`);
  }
  return { links, controls };
}

function readName(quoted: string): string {
  try {
    return quoted === "" ? "" : String(JSON.parse(quoted)).slice(0, 200);
  } catch {
    return quoted.slice(1, -1).slice(0, 200);
  }
}

export function formatView({ url, title, text, links, controls }: PageView, maxChars: number): string {
  const cut =
    text.length <= maxChars
      ? text
      : `${text.slice(0, maxChars).toWellFormed()}\n[${text.length - maxChars} more characters]`;
  return [
    `[${title === "" ? "page without a title" : title}] ${url}`,
    cut === "" ? "(no text)" : cut,
    ...(links.length === 0 ? [] : ["", "Links:", ...links.map((link) => `- ${link.name}: ${link.url}`)]),
    ...(controls.length === 0 ? [] : ["", "Can be used:", ...controls.map((control) => `- ${control}`)]),
  ].join("\n");
}

function tidy(text: string): string {
  const lines = text.split("\n").map((line) => line.replace(/\s+/g, " ").trim());
  return lines
    .filter((line, index) => line !== "" || lines[index - 1] !== "")
    .join("\n")
    .trim();
}
