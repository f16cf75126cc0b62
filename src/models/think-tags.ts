export interface ThinkPiece {
  readonly type: "text" | "thought";
  readonly text: string;
}

const open = "<think>";
const close = "</think>";

/**
 * Takes `<think>…</think>` out of content, where some OpenAI-compatible servers leave it, however it is cut into
 * chunks. A tag opens a thought only at the start of the content or of a line, so that prose about the tag survives.
 * `push` hands on what is certain and keeps at most a tag's length back; `end` gives the rest. A thought that is
 * never closed stays a thought: better no answer than thinking aloud.
 */
export function createThinkSplitter(): {
  push(chunk: string): readonly ThinkPiece[];
  end(): readonly ThinkPiece[];
} {
  let buffer = "";
  let isThinking = false;
  let isAtLineStart = true;
  /** Nothing but white space was said so far, or a thought just ended: white space here is layout, not content. */
  let isSkippingSpace = false;

  function take(pieces: ThinkPiece[], text: string): void {
    let rest = text;
    if (!isThinking && isSkippingSpace) {
      rest = rest.trimStart();
      if (rest !== "") isSkippingSpace = false;
    }
    if (!isThinking && text !== "")
      isAtLineStart = /(^|\n)[ \t]*$/.test(text) && (isAtLineStart || text.includes("\n"));
    if (rest !== "") pieces.push({ type: isThinking ? "thought" : "text", text: rest });
  }

  /** Where a tag that counts begins in the buffer; -1 when there is none. */
  function findOpen(): number {
    for (let at = buffer.indexOf(open); at >= 0; at = buffer.indexOf(open, at + 1)) {
      const before = buffer.slice(0, at);
      const line = before.slice(before.lastIndexOf("\n") + 1);
      if (line.trim() === "" && (isAtLineStart || before.includes("\n"))) return at;
    }
    return -1;
  }

  /** Characters at the end of the buffer that may be the beginning of the tag. */
  function heldBack(tag: string): number {
    for (let length = Math.min(tag.length - 1, buffer.length); length > 0; length--) {
      if (tag.startsWith(buffer.slice(-length))) return length;
    }
    return 0;
  }

  return {
    push(chunk) {
      // The usual case, no tag in sight, is one comparison.
      if (buffer === "" && !isThinking && !isSkippingSpace && !chunk.includes("<")) {
        if (chunk !== "") isAtLineStart = /(^|\n)[ \t]*$/.test(chunk) && (isAtLineStart || chunk.includes("\n"));
        return chunk === "" ? [] : [{ type: "text", text: chunk }];
      }
      buffer += chunk;
      const pieces: ThinkPiece[] = [];
      for (;;) {
        const tag = isThinking ? close : open;
        const at = isThinking ? buffer.indexOf(close) : findOpen();
        if (at < 0) {
          const keep = heldBack(tag);
          take(pieces, buffer.slice(0, buffer.length - keep));
          buffer = keep === 0 ? "" : buffer.slice(-keep);
          return pieces;
        }
        take(pieces, buffer.slice(0, at));
        buffer = buffer.slice(at + tag.length);
        isThinking = !isThinking;
        if (!isThinking) {
          isAtLineStart = true;
          isSkippingSpace = true;
        }
      }
    },
    end() {
      const pieces: ThinkPiece[] = [];
      take(pieces, buffer);
      buffer = "";
      return pieces;
    },
  };
}
