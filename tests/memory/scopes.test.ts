import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scopesOf, type MemoryReader, type MemoryScope } from "../../src/core/memory.ts";
import { createHashEmbedder, note, openScene, type MemoryScene } from "./scene.ts";

const signal = new AbortController().signal;
const people = ["chat:ada", "chat:bob", "chat:cy"] as const;
const rooms = ["chat/one", "chat/two"] as const;
const scopes: readonly MemoryScope[] = [
  "team",
  ...people.map((id) => `person:${id}` as const),
  ...rooms.map((id) => `conversation:${id}` as const),
];
/** A word that is in every record of one scope and in no other. */
const wordOf = (scope: MemoryScope) => `zephyr${"abcdefgh"[scopes.indexOf(scope)] ?? ""}k`;

type Step =
  | {
      readonly kind: "put";
      readonly id: number;
      readonly scope: MemoryScope;
      readonly at: number;
      readonly isPinned: boolean;
    }
  | { readonly kind: "forget"; readonly id: number }
  | { readonly kind: "pin"; readonly id: number; readonly scope: MemoryScope }
  | { readonly kind: "index" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("put" as const),
      id: fc.nat(14),
      scope: fc.constantFrom(...scopes),
      at: fc.nat(20),
      isPinned: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("forget" as const), id: fc.nat(14) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("pin" as const), id: fc.nat(14), scope: fc.constantFrom(...scopes) }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: "index" as const }) },
);

const reader: fc.Arbitrary<MemoryReader> = fc.record({
  personIds: fc.uniqueArray(fc.constantFrom(...people), { minLength: 1, maxLength: 2 }),
  conversation: fc.constantFrom(...rooms),
  isGroup: fc.boolean(),
  isMember: fc.boolean(),
});

async function run(scene: MemoryScene, steps: readonly Step[], live: Map<string, MemoryScope>): Promise<void> {
  for (const each of steps) {
    if (each.kind === "index") await scene.memory.catchUp(signal);
    if (each.kind === "forget") {
      await scene.forget(`r${each.id}`);
      live.delete(`r${each.id}`);
    }
    if (each.kind === "pin")
      await scene.store.write((transaction) => transaction.pinMemory(`r${each.id}`, true, [each.scope]));
    if (each.kind === "put") {
      const { scope, at, isPinned } = each;
      await scene.put(note(`r${each.id}`, `common ground ${wordOf(scope)}`, { scope, at, isPinned, source: "same" }));
      live.set(`r${each.id}`, scope);
    }
  }
}

describe("scopes", () => {
  it("let a reader recall exactly what is theirs: fresh or indexed, pinned, in windows, after forgetting", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 3, maxLength: 14 }),
        reader,
        fc.boolean(),
        async (steps, who, hasMeaning) => {
          const scene = await openScene(hasMeaning ? { embedder: createHashEmbedder() } : {});
          try {
            const live = new Map<string, MemoryScope>();
            await run(scene, steps, live);
            const mine = scopesOf(who);
            const isMine = (scope: MemoryScope) => mine.includes(scope);
            const expected = [...live].flatMap(([id, scope]) => (isMine(scope) ? [id] : []));
            expect((await scene.find("common ground", mine, 100)).toSorted()).toEqual(expected.toSorted());
            for (const scope of scopes) {
              const { items } = await scene.memory.recall(wordOf(scope), mine, 100);
              expect(items.filter(({ record }) => !isMine(record.scope))).toEqual([]);
              // Not even a match: no window, and no fresh row, holds a word of another scope.
              if (!isMine(scope) && !hasMeaning) expect(items).toEqual([]);
            }
            const turn = await scene.memory.recallForTurn({ text: "common ground", scopes: mine, maxTokens: 2_000 });
            expect(turn?.items.every(({ record }) => isMine(record.scope)) ?? true).toBe(true);
            for (const scope of scopes) if (!isMine(scope)) expect(turn?.text ?? "").not.toContain(wordOf(scope));
          } finally {
            await scene.close();
          }
        },
      ),
      { numRuns: 20 },
    );
  }, 120_000);

  it("keep what is a person's own out of groups, and the team's from guests", () => {
    const who = { personIds: ["chat:ada"], conversation: "chat/one" };
    expect(scopesOf({ ...who, isGroup: true, isMember: true })).toEqual(["conversation:chat/one", "team"]);
    expect(scopesOf({ ...who, isGroup: false, isMember: false })).toEqual(["conversation:chat/one", "person:chat:ada"]);
  });
});
