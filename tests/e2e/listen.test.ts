import { describe, it } from "vitest";
import { expectSilence } from "./listening.ts";
import { peers } from "./peers/index.ts";

/** Its peer needs a mail server: tests/servers/mail/listen.test.ts. */
const needServers = new Set(["email"]);

describe("a channel that only listens", { timeout: 120_000 }, () => {
  it.concurrent.each(Object.entries(peers).filter(([name]) => !needServers.has(name)))(
    "on %s: nobody sees anything of it",
    (_name, createPeer) => expectSilence(createPeer),
  );
});
