import { describe, expect, it } from "vitest";
import { platforms } from "../../../channels/index.ts";
import { peers } from "../../e2e/peers/index.ts";
import { runPlatformKills } from "../../e2e/platform-kills.ts";

/** A copy in the Sent mailbox proves that a mail went out; a missing one proves nothing, so a person is asked. */
const provesArrivalOnly = new Set(["email"]);

describe("200 messages while the service is killed at each point of their path", () => {
  it.each(Object.entries(peers))(
    "on %s: none lost, none doubled, all in order",
    { timeout: 400_000 },
    async (name, createPeer) => {
      const [platform = ""] = name.split(" ");
      const result = await runPlatformKills(createPeer);
      process.stdout.write(`${name}: ${JSON.stringify(result)}\n`);
      const traits = (await platforms[platform]?.traits())?.traits;
      expect(result).toMatchObject({ messages: 200, deaths: 9, lost: 0, doubled: 0, reordered: 0 });
      // A person is asked about a cut-off send only where nobody can find out what became of it.
      if (traits?.reconciles !== "none" && !provesArrivalOnly.has(platform)) expect(result.uncertain).toBe(0);
    },
  );
});
