import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createContent, sha256Of } from "./file-server.ts";
import { createTestStore, untilEnd, type TestStore } from "./store.ts";

const reference = "hf:owner/model-GGUF/model.gguf";
const path = "/owner/model-GGUF/resolve/main/model.gguf";
const content = createContent(2_000_000, 3);

interface Told {
  readonly phase: string;
  readonly pid?: number;
  readonly doneBytes?: number;
  readonly of?: { readonly doneBytes: number };
  readonly wasInstalled?: boolean;
  readonly sha256?: readonly string[];
}

let store: TestStore;
let children: ChildProcess[] = [];
beforeEach(async () => {
  store = await createTestStore();
  store.server.put(path, content);
});
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  children = [];
  await store.remove();
});

/** Starts a pull in another process. `until` resolves with the first line that fits. */
function startPull(): {
  readonly child: ChildProcess;
  readonly lines: readonly Told[];
  until(fits: (line: Told) => boolean): Promise<Told>;
} {
  const program = fileURLToPath(new URL("puller.ts", import.meta.url));
  const child = spawn(process.execPath, [program, store.root, store.server.url, reference], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const lines: Told[] = [];
  let look = (): void => undefined;
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(JSON.parse(line) as Told);
    look();
  });
  return {
    child,
    lines,
    until: (fits) =>
      new Promise((resolve, reject) => {
        look = (): void => {
          const found = lines.find(fits);
          if (found !== undefined) resolve(found);
        };
        look();
        child.once("close", () => reject(new Error(`It ended before: ${JSON.stringify(lines.at(-1))}`)));
      }),
  };
}

describe("a process that is killed in the middle of a pull", { timeout: 120_000 }, () => {
  it("holds no lock, tears nothing, and leaves what the next one goes on with", async () => {
    let from = 0;
    for (const share of [0.2, 0.5]) {
      const release = store.server.hold(path, content.length * (share + 0.2));
      const pull = startPull();
      await pull.until(({ phase, doneBytes = 0 }) => phase === "loading" && doneBytes > content.length * share);
      pull.child.kill("SIGKILL");
      await once(pull.child, "close");
      release();
      expect(await store.open().installed()).toEqual([]);
      const range = store.server.requests.at(-1)?.headers.range;
      expect(Number(/^bytes=(\d+)-$/.exec(range ?? "bytes=0-")?.[1])).toBe(from);
      const part = (await store.list("parts")).find((name) => name.endsWith(".part"));
      const there = await readFile(`${store.root}/parts/${part}`);
      expect(content.subarray(0, there.length).equals(there)).toBe(true);
      from = there.length;
      expect(from).toBeGreaterThan(content.length * share);
    }
    const last = await startPull().until(({ phase }) => phase === "done");
    expect(last).toMatchObject({ wasInstalled: false, sha256: [sha256Of(content)] });
    expect(store.server.requests).toHaveLength(3);
    expect(store.server.requests[2]?.headers.range).toBe(`bytes=${from}-`);
    expect(await readFile(await store.open().resolveFile(reference, untilEnd))).toEqual(content);
    expect((await store.list("parts")).filter((name) => name.includes(".part"))).toEqual([]);
  });
});

describe("two processes that want the same model", { timeout: 120_000 }, () => {
  it("fetch it once: the second shows how far the first is", async () => {
    const release = store.server.hold(path, 500_000);
    const first = startPull();
    await first.until(({ phase }) => phase === "loading");
    const second = startPull();
    const waiting = await second.until(({ phase, of }) => phase === "waiting" && (of?.doneBytes ?? 0) > 400_000);
    expect(waiting.pid).toBe(first.child.pid);
    release();
    const [one, other] = await Promise.all([first, second].map((pull) => pull.until(({ phase }) => phase === "done")));
    expect([one?.wasInstalled, other?.wasInstalled]).toEqual([false, true]);
    expect(store.server.requests).toHaveLength(1);
  });

  it("go on at once when the first is killed", async () => {
    const release = store.server.hold(path, 500_000);
    const first = startPull();
    await first.until(({ phase, doneBytes = 0 }) => phase === "loading" && doneBytes > 200_000);
    const second = startPull();
    await second.until(({ phase }) => phase === "waiting");
    first.child.kill("SIGKILL");
    await once(first.child, "close");
    release();
    const done = await second.until(({ phase }) => phase === "done");
    expect(done).toMatchObject({ wasInstalled: false, sha256: [sha256Of(content)] });
    expect(store.server.requests.map(({ headers }) => headers.range !== undefined)).toEqual([false, true]);
  });
});
