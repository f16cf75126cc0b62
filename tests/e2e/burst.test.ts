import { describe, it } from "vitest";
import { expectFewTurns } from "./burst.ts";
import { peers } from "./peers/index.ts";

/** Its peer needs a mail server: tests/servers/mail/burst.test.ts. */
const needServers = new Set(["email"]);

describe("20 messages at once in one chat", () => {
  it.each(Object.entries(peers).filter(([name]) => !needServers.has(name)))(
    "on %s: all are answered, in at most two turns",
    (_name, createPeer) => expectFewTurns(createPeer),
  );
});
