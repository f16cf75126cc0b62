import type { LoadedConfig } from "../../../config/load.ts";
import type { Finding } from "./finding.ts";
import { embeddingPackages, findMissing } from "./packages.ts";

/** How memory is searched, and whether what it needs is there. Loads no model. */
export function checkMemory({ config }: LoadedConfig): Finding {
  const name = "memory";
  const missing = findMissing(["@lancedb/lancedb", "apache-arrow"]);
  if (missing.length > 0)
    return {
      name,
      state: "warning",
      detail: `nothing that was remembered can be recalled: a package is not installed: ${missing.join(", ")}`,
      hint: `Run: npm install ${missing.join(" ")}`,
    };
  const { embedder, conversations } = config.memory;
  const said = conversations ? "" : "; what is said in chats is not taken in (memory.conversations)";
  if (embedder === undefined)
    return {
      name,
      state: "ok",
      detail: `searched by words alone: there is no embedder, so only what shares words with a question is found${said}`,
      hint: "To find by meaning, too, name an embedding model as memory.embedder.",
    };
  const alias = config.models.aliases[embedder];
  const unknown = alias?.provider === "onnx" ? findMissing(embeddingPackages) : [];
  if (unknown.length > 0)
    return {
      name,
      state: "warning",
      detail: `searched by words alone: meaning (${embedder}) needs packages that are not installed: ${unknown.join(", ")}`,
      hint: `Run: npm install ${unknown.join(" ")}`,
    };
  if (alias === undefined)
    return {
      name,
      state: "broken",
      detail: `memory.embedder names "${embedder}", which is not under models.aliases`,
      hint: "Put it there, or take it out of memory.",
    };
  return { name, state: "ok", detail: `searched by words and by meaning (${embedder})${said}` };
}
