import type { InboundMessage } from "../../core/message.ts";

/** The owner's manner of writing, as a turn uses it. */
export interface Voice {
  /** What the prompt says of it, for who will read the answer; undefined: not enough is known. */
  describe(question: InboundMessage): Promise<string | undefined>;
  /**
   * The text with the owner's fixed habits. `rewrite` is what to tell the model when the text lies outside of how the
   * owner writes: once, then it stays as it is.
   */
  finish(
    question: InboundMessage,
    text: string,
  ): Promise<{ readonly text: string; readonly score?: number; readonly rewrite?: string }>;
}

/** Nothing is known of the owner's manner. */
export const noVoice: Voice = {
  describe: async () => undefined,
  finish: async (_question, text) => ({ text }),
};
