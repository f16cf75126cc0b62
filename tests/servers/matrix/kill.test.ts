import { describe, expect, it } from "vitest";
import { createMatrixPeer } from "../../e2e/peers/matrix.ts";
import { runPlatformKills } from "../../e2e/platform-kills.ts";

describe("200 encrypted messages while the service is killed at each point of their path", () => {
  it("loses none, doubles none, and keeps their order", { timeout: 400_000 }, async () => {
    const result = await runPlatformKills(createMatrixPeer);
    expect(result).toEqual({ messages: 200, deaths: 9, lost: 0, doubled: 0, reordered: 0, uncertain: 0 });
  });
});
