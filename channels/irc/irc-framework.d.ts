/** irc-framework 4.14 ships no types: this is what we use of it. */
declare module "irc-framework" {
  export interface MessageEvent {
    readonly nick: string;
    readonly ident: string;
    readonly hostname: string;
    readonly target: string;
    /** Set when only people of a rank were addressed ("@#room"); `target` is then without it. */
    readonly group?: string;
    readonly message: string;
    readonly tags: Readonly<Record<string, string>>;
    /** Epoch milliseconds told by the server. */
    readonly time?: number;
    readonly account?: string;
    readonly batch?: { readonly type: string };
  }

  export interface Client {
    readonly user: { readonly nick: string; readonly username: string; readonly host: string };
    readonly network: {
      readonly cap: { isEnabled(name: string): boolean };
      isChannelName(name: string): boolean;
    };
    connect(options: object): void;
    requestCap(names: readonly string[]): void;
    /** Writes the line as it is. */
    raw(line: string): void;
    quit(message: string): void;
    caseLower(text: string): string;
    on(event: "privmsg" | "action", listener: (event: MessageEvent) => void): void;
    on(event: "registered", listener: () => void): void;
    on(event: "socket close", listener: (error: unknown) => void): void;
    on(
      event: "join",
      listener: (event: { readonly nick: string; readonly channel: string; readonly account?: string | false }) => void,
    ): void;
    on(event: "part", listener: (event: { readonly nick: string; readonly channel: string }) => void): void;
    on(event: "kick", listener: (event: { readonly kicked: string; readonly channel: string }) => void): void;
    on(event: "quit", listener: (event: { readonly nick: string }) => void): void;
    on(event: "nick", listener: (event: { readonly nick: string; readonly new_nick: string }) => void): void;
    on(event: "account", listener: (event: { readonly nick: string; readonly account: string | false }) => void): void;
    on(event: "pong", listener: (event: { readonly message: string }) => void): void;
    on(event: "nick in use" | "nick invalid", listener: (event: { readonly nick: string }) => void): void;
    on(event: "sasl failed", listener: (event: { readonly reason: string }) => void): void;
    on(
      event: "irc error",
      listener: (event: {
        readonly error: string;
        readonly nick?: string;
        readonly channel?: string;
        readonly reason?: string;
      }) => void,
    ): void;
    on(
      event: "unknown command",
      listener: (event: { readonly command: string; readonly params: readonly string[] }) => void,
    ): void;
    on(event: "whois", listener: (event: WhoisEvent) => void): void;
  }

  export interface WhoisEvent {
    readonly nick: string;
    readonly ident?: string;
    readonly hostname?: string;
    readonly account?: string;
    readonly bot?: string;
    readonly error?: string;
  }

  const irc: { readonly Client: new () => Client };
  export default irc;
}
