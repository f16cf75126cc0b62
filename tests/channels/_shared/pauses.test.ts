import { describe, expect, it } from "vitest";
import { createPauses } from "../../../channels/_shared/pauses.ts";
import { AppError } from "../../../src/core/errors.ts";

describe("pauses", () => {
  it("keep to what a refusal asked for, under its key only", async () => {
    let now = 1_000;
    let calls = 0;
    const pauses = createPauses("Example", () => now);
    const refuse = async (): Promise<void> => {
      calls += 1;
      throw new AppError("rate-limited", "slower", { retryAfterMs: 500 });
    };
    await expect(pauses.run("ada", refuse)).rejects.toMatchObject({ code: "rate-limited" });
    await expect(pauses.run("ada", refuse)).rejects.toMatchObject({ code: "rate-limited", retryAfterMs: 500 });
    expect(calls).toBe(1);
    expect(await pauses.run("bob", async () => "sent")).toBe("sent");
    now += 501;
    expect(await pauses.run("ada", async () => "sent")).toBe("sent");
  });

  it("take other failures for what they are", async () => {
    const pauses = createPauses("Example", () => 0);
    await expect(pauses.run("ada", () => Promise.reject(new Error("boom")))).rejects.toThrow("boom");
    expect(() => pauses.check("ada")).not.toThrow();
  });
});
