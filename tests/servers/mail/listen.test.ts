import { it } from "vitest";
import { createEmailPeer } from "../../e2e/peers/email.ts";
import { expectSilence } from "../../e2e/listening.ts";

it("shows nobody anything of a mail channel that only listens", { timeout: 180_000 }, () =>
  expectSilence(createEmailPeer),
);
