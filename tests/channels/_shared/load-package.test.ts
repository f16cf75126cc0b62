import { describe, expect, it } from "vitest";
import { loadPackage } from "../../../src/core/load-package.ts";

/** As Node words it. */
function missing(name: string): () => Promise<never> {
  return () =>
    Promise.reject(
      Object.assign(new Error(`Cannot find package '${name}' imported from /app/channels/x/index.ts`), {
        code: "ERR_MODULE_NOT_FOUND",
      }),
    );
}

describe("loadPackage", () => {
  it("gives what the importer gives", async () => {
    expect(await loadPackage("marked", () => import("marked"))).toHaveProperty("Marked");
  });

  it("names the package and the command that installs it", async () => {
    await expect(loadPackage("absent-package", missing("absent-package"))).rejects.toMatchObject({
      code: "package-missing",
      hint: "Run: npm install absent-package",
    });
    await expect(loadPackage("@scope/name", missing("@scope/name/sub"))).rejects.toMatchObject({
      code: "package-missing",
    });
  });

  it("passes on a package missing inside the package, and every other failure", async () => {
    await expect(loadPackage("irc-framework", missing("iconv-lite"))).rejects.toMatchObject({
      code: "ERR_MODULE_NOT_FOUND",
    });
    await expect(loadPackage("x", () => Promise.reject(new TypeError("broken")))).rejects.toThrow(TypeError);
  });
});
