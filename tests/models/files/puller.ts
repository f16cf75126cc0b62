import { createModelFiles } from "../../../src/models/files/index.ts";
import { classifyAddress } from "../../../src/safety/public-address.ts";

/*
 * A process of its own that pulls one model and tells on standard output, a JSON line each: what it does, and the end.
 * Arguments: the store's folder, the server's URL, the reference.
 */
const [root = "", url = "", reference = ""] = process.argv.slice(2);
const tell = (line: unknown): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const files = createModelFiles({
  root,
  endpoint: url,
  allowedHosts: [new URL(url).host],
  classifyAddress,
});
const pulled = await files.pull(reference, { signal: new AbortController().signal, onProgress: tell });
tell({ phase: "done", wasInstalled: pulled.wasInstalled, sha256: pulled.model.files.map(({ sha256 }) => sha256) });
