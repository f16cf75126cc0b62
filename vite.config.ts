import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

/** Builds the browser app. The service itself needs no build. */
export default defineConfig({
  root: fileURLToPath(new URL("src/web/dashboard", import.meta.url)),
  publicDir: false,
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: ["chrome123", "firefox120", "safari17.5"],
    // Data URLs would need an exception in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
