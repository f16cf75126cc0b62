import { it } from "vitest";
import { expectFewTurns } from "../../e2e/burst.ts";
import { createEmailPeer } from "../../e2e/peers/email.ts";

it("answers 20 mails at once in one thread, in at most two turns", { timeout: 120_000 }, () =>
  expectFewTurns(createEmailPeer),
);
