import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasRole } from "../../src/pipeline/commands/command.ts";
import { formatHelp } from "../../src/pipeline/commands/help.ts";
import { commands } from "../../src/pipeline/commands/index.ts";

const roles = ["guest", "member", "admin", "owner"] as const;
/** Commands that a text names, by "`/name". */
const named = (text: string) => Array.from(text.matchAll(/`\/([a-z]+)/g), ([, name = ""]) => name);
const help = (argument: string, role: (typeof roles)[number] = "owner") => formatHelp(commands, argument, role);

describe("/help", () => {
  it("names every command that a role may use once, in a line for each group, and no other", () => {
    for (const role of roles) {
      const [list = ""] = help("", role).split("\n\n");
      expect(named(list).toSorted(), role).toEqual(
        commands
          .filter((command) => hasRole(role, command.role))
          .map(({ name }) => name)
          .toSorted(),
      );
      for (const line of list.split("\n")) expect(line).toMatch(/^- \*\*[a-z]+\*\*: (`\/[a-z]+` ?)+$/);
    }
  });

  it("fits on the screen of a phone: at most 15 lines of the list, 12 entries of a group or a search", () => {
    expect(help("").split("\n").length).toBeLessThan(15);
    expect(help("a").length).toBeGreaterThan(0);
    for (const words of ["", "what", "shows", "inbox", "agent", "a draft"])
      expect(
        help(words)
          .split("\n")
          .filter((line) => line.startsWith("- ")).length,
        words,
      ).toBeLessThanOrEqual(12);
  });

  it("shows a group with what each of its commands does", () => {
    const text = help("agent");
    expect(text).toMatch(/^\*\*agent\*\*: /);
    expect(text).toContain("- `/persona [name|auto]`: Shows or sets who answers here.");
    expect(help("session", "guest")).not.toContain("/compact");
    expect(help("  AGENT ")).toBe(text);
  });

  it("shows one command, and who it is for", () => {
    expect(help("new")).toBe("- `/new`: Starts afresh: I no longer look at what was said before.");
    expect(help("/pair")).toContain("For admins and above.");
    expect(help("/inbox")).toMatch(/^- `\/inbox`: .*\n\nFor admins and above\.$/);
    expect(named(help("pair", "member"))).not.toContain("pair");
  });

  it("finds commands by words, with all of them first", () => {
    expect(named(help("lets in person code"))).toEqual(["pair"]);
    expect(named(help("which answers have cost"))).toContain("cost");
  });

  it("turns pages, and says how", () => {
    const all = Array.from({ length: 30 }, (_, index) => ({
      name: `x${String.fromCodePoint(97 + index)}`,
      usage: `/x${index}`,
      summary: "Does something.",
      role: "guest" as const,
    }));
    const pages = ["something", "something 2", "something 3", "something 9"].map((asked) =>
      formatHelp(all, asked, "guest"),
    );
    expect(pages.map((page) => page.split("\n").filter((line) => line.startsWith("- ")).length)).toEqual([
      12, 12, 6, 6,
    ]);
    expect(pages[0]).toContain("Page 1 of 3. `/help something 2` shows the next.");
    expect(pages[1]).toContain("`/help something 3`");
    expect(pages[2]).not.toContain("Page");
  });

  it("says what may be meant", () => {
    expect(help("perosna")).toContain("Did you mean `/help persona`?");
    expect(help("agnet")).toContain("Did you mean `/help agent`?");
    expect(help("zzzzzzzz")).toMatch(/^I found no command for "zzzzzzzz"\. `\/help` lists all\.$/);
  });

  it("answers anything briefly, and never names what the role may not use", () => {
    const argument = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom(...commands.map(({ name }) => name)),
      fc.constantFrom(...commands.map(({ summary }) => summary)),
    );
    fc.assert(
      fc.property(argument, fc.constantFrom(...roles), (asked, role) => {
        const text = help(asked, role);
        expect(text).not.toBe("");
        expect(text.length).toBeLessThan(2_500);
        const open = new Set(commands.filter((command) => hasRole(role, command.role)).map(({ name }) => name));
        const lines = text.split("\n").filter((line) => line.startsWith("- "));
        for (const name of named(lines.join("\n"))) expect([...open, "help"]).toContain(name);
      }),
    );
  });
});
