/*
 * Runs at the end of `npm ci` and `npm install` in a clone. Plain JavaScript: where the development packages were left
 * out, and with them Node 24, the machine's own Node may be too old to read anything else.
 */
import { readdir, rm } from "node:fs/promises";

const [major, minor] = process.versions.node.split(".").map(Number);

if (major > 24 || (major === 24 && minor >= 12)) {
  await removeNodeHeaders();
  await removeForeignLibraries();
  await import("./build-web.ts");
} else {
  process.stdout.write(
    `Parlance needs Node 24.12 or later, and this is ${process.version}. Install it, or run npm ci without --omit=dev, which brings one along.\n`,
  );
}

/** The ONNX runtime carries the libraries of every system, 290 MB; one of them can be loaded here. */
async function removeForeignLibraries() {
  const folder = new URL("../node_modules/onnxruntime-node/bin/napi-v6/", import.meta.url);
  for (const platform of await readdir(folder).catch(() => [])) {
    for (const arch of await readdir(new URL(`${platform}/`, folder)).catch(() => [])) {
      if (platform !== process.platform || arch !== process.arch)
        await rm(new URL(`${platform}/${arch}`, folder), { recursive: true, force: true });
    }
  }
}

/** The npm package of Node carries 67 MB of C headers, which nothing here compiles against. */
async function removeNodeHeaders() {
  const folder = new URL("../node_modules/node/node_modules/", import.meta.url);
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (/^node-(bin-)?(linux|darwin|win)-\w+$/.test(name))
      await rm(new URL(`${name}/include`, folder), { recursive: true, force: true });
  }
}
