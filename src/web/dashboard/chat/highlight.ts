import { tokenize } from "@speed-highlight/core";

/** Names that people write and the highlighter does not know. */
const aliases: Readonly<Record<string, string>> = {
  typescript: "ts",
  tsx: "ts",
  javascript: "js",
  jsx: "js",
  mjs: "js",
  python: "py",
  sh: "bash",
  shell: "bash",
  zsh: "bash",
  console: "bash",
  yml: "yaml",
  rust: "rs",
  golang: "go",
  dockerfile: "docker",
  makefile: "make",
  markdown: "md",
  jsonc: "json",
  json5: "json",
  svg: "xml",
  cpp: "c",
  "c++": "c",
  h: "c",
  perl: "pl",
  postgresql: "sql",
  patch: "diff",
};

const maxChars = 50_000;

/** Colours a code element in place, by classes. Leaves it as it is when the language is unknown or the code is very long. */
export async function highlightCode(code: HTMLElement): Promise<void> {
  const language = code.dataset["lang"]?.toLowerCase() ?? "";
  const text = code.textContent;
  if (language === "" || text.length > maxChars) return;
  const fragment = document.createDocumentFragment();
  await tokenize(text, aliases[language] ?? language, (part, type) => {
    if (type === undefined) fragment.append(part);
    else {
      const span = document.createElement("span");
      span.className = `hl-${type}`;
      span.textContent = part;
      fragment.append(span);
    }
  });
  if (code.textContent === text) code.replaceChildren(fragment);
}
