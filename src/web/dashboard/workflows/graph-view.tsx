import DOMPurify from "dompurify";
import { useEffect, useMemo, useRef } from "preact/hooks";

/** A picture of a workflow, as the server draws it; its colours are ours. */
export function GraphView({ svg }: { readonly svg: string }) {
  const frame = useRef<HTMLDivElement>(null);
  const content = useMemo(
    () => ({ __html: DOMPurify.sanitize(svg, { USE_PROFILES: { svg: true }, FORBID_ATTR: ["style"] }) }),
    [svg],
  );
  const isThere = svg !== "";
  // Where it is wider than the window, it begins with its middle: there is what comes first.
  useEffect(() => {
    const { current } = frame;
    if (current !== null) current.scrollLeft = (current.scrollWidth - current.clientWidth) / 2;
  }, [isThere]);
  if (!isThere) return null;
  return (
    <div
      ref={frame}
      class="graph"
      tabindex={0}
      role="group"
      aria-label="Picture of the workflow"
      dangerouslySetInnerHTML={content}
    />
  );
}
