/** The other side of a channel, for tests that kill the service: it outlives every process that talks to it. */
export interface Peer {
  /** What stands under `channels.<name>`, besides what `PeerSettings` gives. */
  readonly channel: Readonly<Record<string, unknown>>;
  /** This person writes in a direct chat. Resolves when the platform has it, or, where it calls us, when we took it. */
  say(person: number, text: string): Promise<void>;
  /** Everything of ours that people see now, in order, with whom it was written to. */
  received(): readonly { readonly person: number; readonly text: string }[];
  /**
   * Whatever else people do here: they speak in a group and to us there, send files, use commands and old buttons,
   * change messages and react to them. Resolves with words that the service has then heard; each holds the mark.
   */
  stir(mark: string): Promise<readonly string[]>;
  /**
   * What anybody could see of us so far, oldest first: each request, frame or answer to a call that is not known as
   * one that nobody sees, as a line.
   */
  shown(): readonly string[];
  /** How long one waits on this platform before a message that it does not show counts as not sent; in ms. */
  readonly settleMs?: number;
  close(): Promise<void>;
}

export interface PeerSettings {
  /** Where our hook is; only up while a process runs. */
  readonly hookUrl: string;
  readonly people: readonly number[];
  /** Has the service a message with these words? For platforms that keep nothing for who is away. */
  readonly isStored: (text: string) => boolean;
}

export type CreatePeer = (settings: PeerSettings) => Promise<Peer>;

/**
 * Calls the hook as platforms do: again and again, until it says 2xx. Resolves with the words of that answer. Throws
 * when it is refused for good.
 */
export async function callUntilTaken(makeRequest: () => Request): Promise<string> {
  const until = Date.now() + 60_000;
  while (Date.now() < until) {
    const { status, words } = await fetch(makeRequest()).then(
      async (response) => ({ status: response.status, words: await response.text() }),
      () => ({ status: 0, words: "" }),
    );
    if (status >= 200 && status < 300) return words;
    if (status >= 400 && status < 500 && status !== 404 && status !== 429)
      throw new Error(`The hook refuses the call: ${status}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("The hook took nothing for a minute.");
}
