import type { Effect } from "./tool.ts";

/** Who speaks: read from a Markdown file, whose body is the instructions. */
export interface Persona {
  /** File name without ".md". */
  readonly name: string;
  readonly description: string;
  readonly instructions: string;
  /** Alias of a configured model; absent: the default one. */
  readonly model?: string;
  /** Names of tools it may use; absent: all. An empty list: none. */
  readonly tools?: readonly string[];
  /** Effects that always need a person for this persona, on top of the policy. Narrows, never widens. */
  readonly approve?: readonly Effect[];
  /** How its answers leave: at once, as a draft, or not at all. */
  readonly replyMode: "auto" | "draft" | "silent";
  readonly maxSteps: number;
  readonly temperature?: number;
  /** US dollars a day. */
  readonly budget?: number;
  readonly when?: {
    readonly channels?: readonly string[];
    readonly people?: readonly string[];
    /** Regular expressions that name the matter; read without regard to case. */
    readonly patterns?: readonly string[];
    /** Words and phrases that hint at it, or, with a final "!", name it, or, with a "?", only add to others; "*" at the end of a word takes any ending. */
    readonly words?: readonly string[];
  };
}
