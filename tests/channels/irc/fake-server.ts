import { once } from "node:events";
import net from "node:net";
import readline from "node:readline";

export interface FakeServerOptions {
  /** Capabilities to offer. */
  readonly caps?: readonly string[];
  /** Nicks that are held by others until `freeNick`. */
  readonly takenNicks?: readonly string[];
  /** Answers to WHOIS by nick in lower case: account names. Others are there, without an account. */
  readonly accounts?: Readonly<Record<string, string>>;
  /** WHOIS says that nobody has these nicks. */
  readonly absent?: readonly string[];
  readonly refusesPassword?: boolean;
  /** Lets nobody in but by SASL, with this password. */
  readonly saslPassword?: string;
}

/** The server's side of one bot, with the test as everybody else. */
export interface FakeServer {
  readonly port: number;
  /** Every line that the bot wrote, with the milliseconds at which it came. */
  readonly lines: readonly { readonly line: string; readonly at: number }[];
  /** What people would see: target and text. */
  readonly delivered: { readonly target: string; readonly text: string }[];
  readonly nick: string;
  /** Is the bot connected, and let in? */
  readonly isJoined: boolean;
  /** How often it has connected. */
  readonly connections: number;
  /** To the bot, as a line. */
  write(line: string): void;
  writeBytes(bytes: Uint8Array): void;
  freeNick(nick: string): void;
  /** The account has another password now. */
  changePassword(password: string): void;
  /** After `skip` more messages, cut the connection at the next one, before or after it is delivered. */
  cut(skip: number, isDelivered: boolean): void;
  /** Cuts all connections now. */
  drop(): void;
  /** Refuses messages to this target with a numeric. */
  refuse(target: string, numeric: string): void;
  close(): Promise<void>;
}

export async function createFakeServer(options: FakeServerOptions = {}): Promise<FakeServer> {
  const lines: { line: string; at: number }[] = [];
  const delivered: { target: string; text: string }[] = [];
  const taken = new Set(options.takenNicks ?? []);
  const refused = new Map<string, string>();
  const sockets = new Set<net.Socket>();
  let nick = "*";
  let cut: { skip: number; isDelivered: boolean } | undefined;
  let current: net.Socket | undefined;
  let isRegistered = false;
  let connections = 0;
  let password = options.saslPassword;
  const caps = [...(options.caps ?? []), ...(password === undefined ? [] : ["sasl=PLAIN"])];

  const write = (line: string): void => void current?.write(`${line}\r\n`);
  const reply = (numeric: string, text: string): void => write(`:irc.test ${numeric} ${nick} ${text}`);
  const register = (): void => {
    if (options.refusesPassword === true) {
      reply("464", ":Password incorrect");
      return;
    }
    isRegistered = true;
    reply("001", ":Welcome");
    reply("005", "CHANTYPES=#& STATUSMSG=@+ CASEMAPPING=rfc1459 :are supported");
  };

  function message(target: string, text: string): void {
    if (cut !== undefined && cut.skip === 0) {
      if (cut.isDelivered) delivered.push({ target, text });
      cut = undefined;
      current?.destroy();
      return;
    }
    if (cut !== undefined) cut.skip -= 1;
    const numeric = refused.get(target);
    if (numeric === undefined) delivered.push({ target, text });
    else reply(numeric, `${target} :refused`);
  }

  let isNegotiating = false;
  const commands: Record<string, (rest: string) => void> = {
    CAP: (rest) => {
      if (rest.startsWith("LS")) {
        isNegotiating = true;
        write(`:irc.test CAP * LS :${caps.join(" ")}`);
      } else if (rest.startsWith("REQ")) {
        write(`:irc.test CAP * ACK ${rest.slice(4)}`);
      } else if (rest.startsWith("END")) {
        isNegotiating = false;
        if (nick !== "*") register();
      }
    },
    NICK: (rest) => {
      if (taken.has(rest)) {
        write(`:irc.test 433 ${nick} ${rest} :Nickname is already in use`);
        return;
      }
      if (isRegistered) write(`:${nick}!bot@host NICK :${rest}`);
      const wasUnnamed = nick === "*";
      nick = rest;
      if (!isRegistered && wasUnnamed && !isNegotiating) register();
    },
    AUTHENTICATE: (rest) => {
      if (password === undefined) return; // the test answers
      const [, , given] = Buffer.from(rest, "base64").toString().split("\0");
      if (rest === "PLAIN") write("AUTHENTICATE +");
      else if (given === password) reply("903", ":SASL authentication successful");
      else reply("904", ":SASL authentication failed");
    },
    JOIN: (rest) => write(`:${nick}!bot@host JOIN ${rest}`),
    PING: (rest) => write(`:irc.test PONG irc.test :${rest}`),
    WHOIS: (rest) => {
      const key = rest.toLowerCase();
      if (options.absent?.includes(key) !== true) {
        reply("311", `${rest} ~${key} host.example.org * :${rest}`);
        const account = options.accounts?.[key];
        if (account !== undefined) reply("330", `${rest} ${account} :is logged in as`);
      }
      reply("318", `${rest} :End of WHOIS`);
    },
    PRIVMSG: (rest) => {
      const [, target = "", text = ""] = /^(\S+) :(.*)$/s.exec(rest) ?? [];
      message(target, text);
    },
    QUIT: () => current?.end("ERROR :bye\r\n"),
  };

  const server = net.createServer((socket) => {
    sockets.add(socket);
    current = socket;
    connections += 1;
    nick = "*";
    isRegistered = false;
    socket.on("error", () => undefined);
    socket.on("close", () => void sockets.delete(socket));
    const reader = readline.createInterface({ input: socket, crlfDelay: Infinity });
    reader.on("error", () => undefined);
    reader.on("line", (line) => {
      lines.push({ line, at: performance.now() });
      if (socket.destroyed) return;
      const [, command = "", rest = ""] = /^(\S+) ?:?(.*)$/s.exec(line) ?? [];
      if (command === "PRIVMSG") commands["PRIVMSG"]?.(line.slice("PRIVMSG ".length));
      else commands[command]?.(rest);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    lines,
    delivered,
    get nick() {
      return nick;
    },
    get isJoined() {
      return isRegistered && current?.destroyed === false;
    },
    get connections() {
      return connections;
    },
    write,
    writeBytes: (bytes) => void current?.write(bytes),
    changePassword: (changed) => void (password = changed),
    freeNick: (freed) => void taken.delete(freed),
    cut: (skip, isDelivered) => void (cut = { skip, isDelivered }),
    drop: () => {
      for (const socket of sockets) socket.destroy();
    },
    refuse: (target, numeric) => void refused.set(target, numeric),
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
