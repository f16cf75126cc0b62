import type { MessageView } from "../message-view.ts";

/**
 * One thing that writers do differently: which of its options does a message take? The shares of the options among
 * people in general are set by hand, in round numbers: they tell how much an option says about who takes it.
 */
export interface Trait {
  readonly name: string;
  /** Each option with its share among people in general, and how a person would say it. */
  readonly options: Readonly<Record<string, TraitOption>>;
  /** Of which messages the shares are, where not of all: "where they say yes". */
  readonly when?: string;
  /** Undefined: the message has no occasion to show it. */
  pick(message: MessageView): string | undefined;
}

export interface TraitOption {
  readonly share: number;
  /** What 40% of the messages do: "end with a full stop". */
  readonly says: string;
}

/** A trait that is there or not. */
export function isOrNot(name: string, share: number, says: string, test: (message: MessageView) => boolean): Trait {
  return {
    name,
    options: { yes: { share, says }, no: { share: 1 - share, says: `do not ${says}` } },
    pick: (message) => (test(message) ? "yes" : "no"),
  };
}

/** The same, told by a pattern in the body. */
export function hasPattern(name: string, share: number, says: string, pattern: RegExp): Trait {
  return isOrNot(name, share, says, ({ body }) => pattern.test(body));
}
