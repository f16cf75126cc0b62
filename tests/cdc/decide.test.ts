import { describe, expect, it } from "vitest";
import { decideResponse, type ChannelMode } from "../../src/cdc/decide.ts";
import { inbound } from "../store/mail.ts";

const modes: readonly ChannelMode[] = ["open", "mention", "listen", "off"];
const decide = (extra: Parameters<typeof inbound>[1], mode: ChannelMode) =>
  decideResponse(inbound("1", extra), mode).action;

describe("decideResponse", () => {
  it("answers what is said to us, on channels that answer", () => {
    expect(modes.map((mode) => decide({}, mode))).toEqual(["answer", "answer", "record", "record"]);
    expect(decide({ isAddressed: false, kind: "command" }, "mention")).toBe("answer");
  });

  it.each([
    ["what is not said to us in a group", { isAddressed: false, isGroup: true }],
    ["edits", { kind: "edit" }],
    ["reactions", { kind: "reaction" }],
    ["bots", { sender: { id: "test:b", name: "B", isBot: true } }],
    ["machines", { isAutomated: true }],
    ["machines that write commands", { isAutomated: true, kind: "command" }],
  ] as const)("only records %s", (_what, extra) => {
    for (const mode of modes) expect(decide(extra, mode)).toBe("record");
  });
});
