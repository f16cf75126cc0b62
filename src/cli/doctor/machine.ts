import { access, constants, mkdtemp, rmdir, stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatBytes } from "../print.ts";
import type { Finding } from "./finding.ts";

const neededNode = [24, 12] as const;
const scarceBytes = 1_000_000_000;
const brokenBytes = 100_000_000;
const pagesFolder = "../../web/dashboard/dist";

export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [neededMajor, neededMinor] = neededNode;
  const isEnough = major > neededMajor || (major === neededMajor && minor >= neededMinor);
  return isEnough
    ? { name: "node", state: "ok", detail: version }
    : {
        name: "node",
        state: "broken",
        detail: `${version} is too old`,
        hint: `Install Node.js ${neededNode.join(".")} or newer.`,
      };
}

/** Can we write there, and is there room? A folder that does not exist yet is judged by the one above it. */
export async function checkDataFolder(folder: string): Promise<Finding> {
  const name = "data folder";
  let existing = folder;
  while (!(await isFolder(existing)) && dirname(existing) !== existing) existing = dirname(existing);
  try {
    if (existing === folder) await rmdir(await mkdtemp(join(folder, "doctor-")));
    else await access(existing, constants.W_OK);
  } catch {
    return {
      name,
      state: "broken",
      detail: `${existing} is not writable for this user`,
      hint: "Give the folder to this user, or set PARLANCE_HOME to another one.",
    };
  }
  const { bavail, bsize } = await statfs(existing);
  const free = bavail * bsize;
  const detail = `${folder}${existing === folder ? "" : " (made at the first start)"}, ${formatBytes(free)} free`;
  if (free >= scarceBytes) return { name, state: "ok", detail };
  return {
    name,
    state: free < brokenBytes ? "broken" : "warning",
    detail,
    hint: "Make room on this disk: without it no message can be stored.",
  };
}

export async function checkPages(): Promise<Finding> {
  const page = fileURLToPath(new URL(`${pagesFolder}/index.html`, import.meta.url));
  const isBuilt = await access(page).then(
    () => true,
    () => false,
  );
  return isBuilt
    ? { name: "page", state: "ok", detail: "built" }
    : { name: "page", state: "warning", detail: "not built: the browser shows nothing", hint: "Run: npm run build" };
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
