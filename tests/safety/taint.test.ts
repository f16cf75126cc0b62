import { describe, expect, it } from "vitest";
import type { InboundMessage } from "../../src/core/message.ts";
import type { Role } from "../../src/core/store.ts";
import { findTaint, findTurnTaint } from "../../src/safety/taint.ts";

const message: InboundMessage = {
  id: "1",
  address: { channel: "chat", chat: "c" },
  sender: { id: "chat:1", name: "Ada", isBot: false },
  text: "hello",
  attachments: [],
  isAddressed: true,
  isGroup: false,
  sentAt: 0,
  kind: "message",
};
const file = {
  kind: "file",
  name: "a.pdf",
  mimeType: "application/pdf",
  bytes: 1,
  path: "a",
} as const;
const taint = (role: Role | undefined, change: Partial<InboundMessage> = {}, isForgeable = false) =>
  findTaint({ message: { ...message, ...change }, role, isForgeable });

describe("findTaint", () => {
  it.each(["owner", "admin", "member"] as const)("trusts the own words of a %s", (role) => {
    expect(taint(role)).toBeUndefined();
  });

  it.each(["guest", "blocked", undefined] as const)("takes the words of a %s for words from outside", (role) => {
    expect(taint(role)).toBe("stranger");
  });

  it("trusts no mail, file or machine, whoever is said to have sent it", () => {
    expect(taint("owner", {}, true)).toBe("mail");
    expect(taint("owner", { attachments: [file] })).toBe("document");
    expect(taint("owner", { isAutomated: true })).toBe("machine");
    expect(taint("owner", { sender: { ...message.sender, isBot: true } })).toBe("machine");
  });

  it("taints the turn by one message of many", () => {
    const own = { message, role: "owner", isForgeable: false } as const;
    expect(findTurnTaint([own, own])).toEqual([]);
    expect(findTurnTaint([own, { ...own, role: "guest" }, { ...own, role: "guest" }, own])).toEqual(["stranger"]);
  });
});
