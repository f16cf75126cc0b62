import { describe, expect, it } from "vitest";
import type { PersonRecord } from "../../../src/core/store.ts";
import { createFindPerson } from "../../../src/tools/daily/find-person.ts";
import { createToolContext, testTool } from "../../contracts/tool.ts";

const grace: PersonRecord = { id: "telegram:42", name: "Grace\nHopper", role: "member" };

testTool("find_person", {
  create: () =>
    createFindPerson({
      searchPeople: () => Promise.resolve(Array.from({ length: 500 }, () => grace)),
      cleanText: String,
    }),
  good: [{ name: "grace" }, { name: "grace", limit: 20 }],
});

describe("find_person", () => {
  it("asks in the name of the one who asks, and marks names as text from outside", async () => {
    const asked: unknown[] = [];
    const tool = createFindPerson({
      searchPeople: (...args) => {
        asked.push(args);
        return Promise.resolve([grace]);
      },
      cleanText: String,
    });
    expect(await tool.run({ name: "grace" }, createToolContext())).toEqual({
      text: "Grace Hopper: telegram:42 (member)",
      isOutside: true,
    });
    expect(asked).toEqual([["grace", 10, "chat:1"]]);
  });

  it("says when nobody is found", async () => {
    const tool = createFindPerson({ searchPeople: () => Promise.resolve([]), cleanText: String });
    expect((await tool.run({ name: "x" }, createToolContext())).text).toBe("Nobody of that name is known.");
  });
});
