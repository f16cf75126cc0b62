import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";

/**
 * What the server does with the next mail. A number: that reply to the closing dot; "mail NNN": that reply to MAIL FROM.
 * "cut-in-data": hangs up before the dot; "cut-after-accept": takes the mail and hangs up without an answer;
 * "cut-before-accept": hangs up behind the dot without taking it.
 */
export type SmtpMood =
  | "accept"
  | 451
  | 452
  | 421
  | 552
  | "mail 450"
  | "mail 550"
  | "cut-in-data"
  | "cut-after-accept"
  | "cut-before-accept";

export interface FakeSmtp {
  readonly port: number;
  /** The mails that were taken, headers included. */
  readonly mails: readonly string[];
  readonly recipients: readonly string[];
  /** Connections so far. */
  readonly connections: () => number;
  /** For one mail; then it accepts again. */
  next(mood: SmtpMood): void;
  close(): Promise<void>;
}

/** An SMTP server with moods, without TLS and login. */
export async function startFakeSmtp(): Promise<FakeSmtp> {
  const mails: string[] = [];
  const recipients: string[] = [];
  const sockets = new Set<Socket>();
  let mood: SmtpMood = "accept";
  let connections = 0;
  const takeMood = (): SmtpMood => {
    const taken = mood;
    mood = "accept";
    return taken;
  };

  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    let buffered = "";
    let isData = false;
    const answer = (line: string): void => void socket.write(`${line}\r\n`);
    const takeMail = (mail: string): void => {
      const now = takeMood();
      if (now === "accept" || now === "cut-after-accept") mails.push(mail);
      if (typeof now === "string" && now.startsWith("cut")) socket.destroy();
      else answer(typeof now === "number" ? `${now} told so, try again in 1 second` : "250 taken");
    };
    const takeCommand = (line: string): void => {
      const command = line.slice(0, 4).toUpperCase();
      if (command === "EHLO") answer("250-fake\r\n250 8BITMIME");
      else if (command === "MAIL" && typeof mood === "string" && mood.startsWith("mail "))
        answer(`${takeMood().toString().slice(5)} told so, greylisted for 5 minutes`);
      else if (command === "STAR") answer("502 not here");
      else if (command === "RCPT") {
        recipients.push(/<([^>]*)>/.exec(line)?.[1] ?? "");
        answer("250 ok");
      } else if (command === "DATA") {
        isData = true;
        answer("354 go on");
      } else if (command === "QUIT") socket.end("221 bye\r\n");
      else answer("250 ok");
    };
    socket.on("data", (chunk) => {
      buffered += chunk.toString("latin1");
      if (isData && mood === "cut-in-data") {
        takeMood();
        socket.destroy();
        return;
      }
      for (;;) {
        const end = buffered.indexOf(isData ? "\r\n.\r\n" : "\r\n");
        if (end < 0) return;
        const piece = buffered.slice(0, end);
        buffered = buffered.slice(end + (isData ? 5 : 2));
        if (isData) {
          isData = false;
          takeMail(piece.replaceAll("\r\n..", "\r\n."));
        } else takeCommand(piece);
      }
    });
    answer("220 fake ESMTP");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    mails,
    recipients,
    connections: () => connections,
    next: (next) => {
      mood = next;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
