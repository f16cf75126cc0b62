import { afterEach, beforeEach, expect, it } from "vitest";
import { createHome, type Home } from "./program.ts";

let home: Home;
beforeEach(async () => void (home = await createHome("{}\n")));
afterEach(() => home.remove());

it("suggests a model by the name that models list and the README have for it", async () => {
  const { findings } = JSON.parse((await home.run(["doctor", "--json"])).out) as {
    readonly findings: readonly { readonly name: string; readonly hint?: string }[];
  };
  const { registry } = JSON.parse((await home.run(["models", "list", "--json"])).out) as {
    readonly registry: readonly { readonly name: string; readonly reference: string }[];
  };
  const hint = findings.find(({ name }) => name === "model")?.hint ?? "";
  const [, suggested = ""] = /parlance models pull ([^\s)]+)/.exec(hint) ?? [];
  expect(registry.map(({ reference }) => reference)).not.toContain(suggested);
  // Larger ones than the registry has go by their place.
  if (!suggested.startsWith("hf:")) expect(registry.map(({ name }) => name)).toContain(suggested);
});
