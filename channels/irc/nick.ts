import type { Client } from "irc-framework";

const regainMs = 30_000;

export interface NickSettings {
  readonly wanted: string;
  readonly isListening: () => boolean;
  /** Told when the server does not allow the nick at all. */
  readonly onImpossible: () => void;
}

/**
 * Takes another nick when ours is held by somebody, and ours again when it is free: at once when we see its holder
 * leave, otherwise by asking every 30 s. Rooms are told of such a change, so while we only listen it waits. Stops when
 * the signal aborts.
 */
export function keepNick(
  client: Client,
  { wanted, isListening, onImpossible }: NickSettings,
  signal: AbortSignal,
  random: () => number = Math.random,
): void {
  let isRegistered = false;
  let attempt = 0;
  const isWanted = (nick: string): boolean => client.caseLower(nick) === client.caseLower(wanted);
  const tryAgain = (): void => {
    if (!isRegistered) client.raw(`NICK ${pickNick(wanted, (attempt += 1), random)}`);
  };
  const regain = (): void => {
    if (isRegistered && !isListening() && !isWanted(client.user.nick)) client.raw(`NICK ${wanted}`);
  };

  client.on("nick in use", tryAgain);
  client.on("unknown command", ({ command }) => {
    if (command === "437") tryAgain(); // The nick is blocked for a while after a netsplit.
  });
  client.on("nick invalid", ({ nick }) => {
    if (isWanted(nick)) onImpossible();
    else tryAgain();
  });
  client.on("registered", () => {
    isRegistered = true;
    const timer = setInterval(regain, regainMs);
    signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  });
  client.on("quit", ({ nick }) => {
    if (isWanted(nick)) regain();
  });
  client.on("nick", ({ nick }) => {
    if (isWanted(nick)) regain();
  });
}

/** "parlance_", then short ones with digits: some servers allow no more than 9 characters. */
export function pickNick(wanted: string, attempt: number, random: () => number): string {
  if (attempt === 1) return `${wanted}_`;
  const digits = String(Math.floor(random() * 1000)).padStart(3, "0");
  return `${wanted.slice(0, 6)}${digits}`;
}
