import { describe, expect, it } from "vitest";
import { createNumberedChoices, formatChoices } from "../../../channels/_shared/numbered-choices.ts";
import { createTestDisk } from "../../doubles/channel-context.ts";

const choices = [
  { label: "Approve", command: "/approve 3f9a" },
  { label: "Deny", command: "/deny 3f9a" },
];

describe("choices by number", () => {
  it("show a number, a label and a command each", () => {
    expect(formatChoices(choices)).toBe("Reply with a number:\n1. Approve (/approve 3f9a)\n2. Deny (/deny 3f9a)");
    expect(formatChoices([])).toBe("");
  });

  it("are picked by their number alone, in their own chat", async () => {
    const { state } = createTestDisk();
    const numbered = createNumberedChoices(state, () => 0);
    await numbered.open("ada", choices);
    expect(await numbered.pick("ada", " 2. ")).toBe("/deny 3f9a");
    expect(await numbered.pick("ada", "1)")).toBe("/approve 3f9a");
    for (const text of ["3", "0", "2 of them", "two", "", "-1", "1.5", "100"])
      expect([text, await numbered.pick("ada", text)]).toEqual([text, undefined]);
    expect(await numbered.pick("bob", "1")).toBeUndefined();
  });

  it("outlive a restart, and end after a day or with the next message", async () => {
    const { state } = createTestDisk();
    let now = 0;
    await createNumberedChoices(state, () => now).open("ada", choices);
    const after = createNumberedChoices(state, () => now);
    expect(await after.pick("ada", "1")).toBe("/approve 3f9a");
    now = 25 * 3_600_000;
    expect(await after.pick("ada", "1")).toBeUndefined();
    now = 0;
    await after.close("ada");
    expect(await after.pick("ada", "1")).toBeUndefined();
  });
});
