/** The codes of imapflow and nodemailer that people can do nothing with; Node's own ones, such as ENOTFOUND, can be looked up. */
const words: Readonly<Record<string, string>> = {
  ClosedAfterConnectText: "it hung up before a word was said",
  ClosedAfterConnectTLS: "it hung up before a word was said",
  EConnectionClosed: "it hung up",
  NoConnection: "it hung up",
  StateLogout: "it hung up",
  ECONNECTION: "it hung up",
  CONNECT_TIMEOUT: "no answer in time",
  GREETING_TIMEOUT: "no answer in time",
  UPGRADE_TIMEOUT: "no answer in time",
  ETIMEOUT: "no answer in time",
  ETIMEDOUT: "no answer in time",
  EDNS: "its name is not known",
  EPROTOCOL: "it does not speak this protocol",
  ESOCKET: "the connection failed",
};

/** What a failure's code says, for brackets behind "The server cannot be reached". */
export function describeTrouble(code: string): string {
  return words[code] ?? code;
}
