import { describe, expect, it } from "vitest";
import { AppError } from "../../src/core/errors.ts";
import { runApart, type ApartJob } from "../../src/core/run-apart.ts";
import { moduleUrl } from "./apart-work.ts";

describe.each(["thread", "process"] as const)("work in a %s of its own", (where) => {
  const run = (name: string, change: Partial<ApartJob> = {}) =>
    runApart({ where, module: moduleUrl, name, input: undefined, timeoutMs: 20_000, maxMemoryMb: 64, ...change });

  it("gets its input, gives its result, and sees nothing of our environment", async () => {
    const result = await run("double", { input: { value: 2, bytes: Uint8Array.of(1, 2) } });
    expect(result).toMatchObject({ value: 4, bytes: Uint8Array.of(2, 4) });
    expect((result as { environment: string[] }).environment).not.toContain("PATH");
  });

  it("fails with its own words", async () => {
    await expect(run("refuse")).rejects.toMatchObject({ name: "AppError", code: "forbidden", hint: "Ask again." });
    await expect(run("stumble")).rejects.toThrow("a bug");
    await expect(run("nothing")).rejects.toThrow("is not a function");
    await expect(run("double", { module: "file:///no/such/module.js" })).rejects.toThrow("Cannot find module");
  });

  it("ends when its time is over, when it is stopped, and when it takes too much memory", async () => {
    await expect(run("run", { timeoutMs: 200 })).rejects.toMatchObject({ code: "timeout" });
    await expect(run("run", { signal: AbortSignal.timeout(200) })).rejects.toMatchObject({ code: "aborted" });
    await expect(run("run", { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
    await expect(run("grow")).rejects.toMatchObject({ code: "too-large" });
  });
});

it("a thread's buffers count as memory, too", async () => {
  const job = {
    where: "thread",
    module: moduleUrl,
    name: "swell",
    input: 0,
    timeoutMs: 20_000,
    maxMemoryMb: 64,
  } as const;
  await expect(runApart(job)).rejects.toMatchObject({ code: "too-large" });
});

describe("a thread that asks", () => {
  const job = {
    where: "thread",
    module: moduleUrl,
    name: "consult",
    input: "tea",
    timeoutMs: 20_000,
    maxMemoryMb: 64,
  } as const;

  it("stands still until it has the answer, or the refusal", async () => {
    const answer = async (question: unknown) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (question !== "tea") throw new AppError("forbidden", "No.");
      return { cups: 2 };
    };
    expect(await runApart({ ...job, answer })).toEqual([{ cups: 2 }, ["AppError", "No.", "forbidden"]]);
    expect(await runApart(job)).toEqual([expect.arrayContaining(["Error"]), expect.arrayContaining(["Error"])]);
  });

  it("ends while it waits, and so does whoever looks for the answer", async () => {
    const stop = new AbortController();
    let isOver = false;
    const answer = (_question: unknown, signal: AbortSignal) =>
      new Promise<never>((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          isOver = true;
          reject(new Error("over"));
        });
        stop.abort();
      });
    await expect(runApart({ ...job, answer, signal: stop.signal })).rejects.toMatchObject({ code: "aborted" });
    expect(isOver).toBe(true);
  });
});
