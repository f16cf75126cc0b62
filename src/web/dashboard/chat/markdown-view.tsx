import DOMPurify from "dompurify";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { formatBlocks } from "./markdown.ts";

/** Text in CommonMark. Code is coloured once the text is final. */
export function MarkdownView({ text, isFinal }: { readonly text: string; readonly isFinal: boolean }) {
  const blocks = useMemo(() => formatBlocks(text), [text]);
  return (
    <div class="markdown">
      {blocks.map((html, index) => (
        <Block key={index} html={html} isFinal={isFinal} />
      ))}
    </div>
  );
}

function Block({ html, isFinal }: { readonly html: string; readonly isFinal: boolean }) {
  const ref = useRef<HTMLDivElement>(null);
  const content = useMemo(() => ({ __html: sanitise(html) }), [html]);
  useEffect(() => {
    if (isFinal)
      for (const code of ref.current?.querySelectorAll<HTMLElement>("code[data-lang]") ?? []) void highlight(code);
  }, [html, isFinal]);
  return <div ref={ref} class="block" dangerouslySetInnerHTML={content} />;
}

/** The second wall: our renderer escapes already what a message holds. */
function sanitise(html: string): string {
  return DOMPurify.sanitize(html, {
    USE_PROFILES: { html: true },
    FORBID_ATTR: ["style"],
    FORBID_TAGS: ["style", "form", "img"],
    ADD_ATTR: ["target"],
  });
}

async function highlight(code: HTMLElement): Promise<void> {
  try {
    const { highlightCode } = await import("./highlight.ts");
    await highlightCode(code);
  } catch {
    // Uncoloured code is readable, too.
  }
}
