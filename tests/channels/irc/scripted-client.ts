import { EventEmitter } from "node:events";
import irc, { type Client, type MessageEvent } from "irc-framework";

/** irc-framework on a socket that the test plays: what it writes, and a way to be its server. */
export interface ScriptedClient {
  readonly client: Client;
  readonly written: readonly string[];
  readonly events: readonly { readonly event: MessageEvent; readonly type: "privmsg" | "action" }[];
  receive(line: string): void;
}

/** Registered under the nick, on a network that knows "@#room". */
export function createScriptedClient(nick: string): ScriptedClient {
  const written: string[] = [];
  const events: { event: MessageEvent; type: "privmsg" | "action" }[] = [];
  let transport: EventEmitter | undefined;
  class ScriptedTransport extends EventEmitter {
    connect(): void {
      // The constructor's object is what the client talks to.
      // oxlint-disable-next-line no-this-alias
      transport = this;
      this.emit("open");
    }
    writeLine(line: string): void {
      written.push(line);
    }
    setEncoding(): boolean {
      return true;
    }
    disposeSocket(): void {}
    close(): void {
      this.emit("close", false);
    }
  }
  const client = new irc.Client();
  client.on("privmsg", (event) => void events.push({ event, type: "privmsg" }));
  client.on("action", (event) => void events.push({ event, type: "action" }));
  client.connect({
    transport: ScriptedTransport,
    nick,
    version: "",
    auto_reconnect: false,
    ping_interval: 0,
    ping_timeout: 0,
  });
  const receive = (line: string): void => void transport?.emit("line", line);
  receive(`:irc.test 001 ${nick} :Welcome`);
  receive(`:irc.test 005 ${nick} CHANTYPES=#& STATUSMSG=@+ CASEMAPPING=rfc1459 :are supported`);
  return { client, written, events, receive };
}
