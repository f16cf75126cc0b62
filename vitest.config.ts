import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    exclude: ["tests/servers/**", "node_modules/**"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A page that is loaded anew for each look takes over a second on a busy machine.
    expect: { poll: { timeout: 10_000 } },
    maxWorkers: 2,
    // Modules hold no state (tests/architecture.test.ts sees to it), so files need no process of their own.
    isolate: false,
    // The programs that tests start find their code compiled: half of them are killed before they could write it down.
    env: { NODE_COMPILE_CACHE: join(tmpdir(), "parlance-tests-compiled") },
  },
});
