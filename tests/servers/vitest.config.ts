import { defineConfig } from "vitest/config";

/** Tests through real servers: `vitest run --config tests/servers/vitest.config.ts`. */
export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["tests/servers/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // The servers of one file are stopped before those of the next start.
    fileParallelism: false,
  },
});
