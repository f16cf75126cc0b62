import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
  ".png": "image/png",
  ".webmanifest": "application/manifest+json",
};

/** No inline scripts or styles, nothing from elsewhere, never in a frame. */
const contentPolicy =
  "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

interface Page {
  readonly body: Buffer;
  readonly type: string;
  readonly etag: string;
}

/** Serves the built page from a folder: hashed files for ever, the entry page checked each time. */
export function createPages(
  folder: string,
): (path: string, ifNoneMatch: string | undefined) => Promise<Response | undefined> {
  const cache = new Map<string, Page>();

  async function load(path: string): Promise<Page | undefined> {
    const known = cache.get(path);
    if (known !== undefined) return known;
    try {
      const body = await readFile(join(folder, path));
      const page = {
        body,
        type: types[extname(path)] ?? "application/octet-stream",
        etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 20)}"`,
      };
      if (cache.size < 200) cache.set(path, page);
      return page;
    } catch {
      return undefined;
    }
  }

  return async function servePage(path, ifNoneMatch) {
    const wanted = path === "/" ? "index.html" : normalize(decodePath(path)).replace(/^\/+/, "");
    if (wanted.startsWith("..") || wanted.includes("\0")) return undefined;
    const page = await load(wanted);
    if (page === undefined) return path === "/" ? missingPage() : undefined;
    const headers = {
      "content-type": page.type,
      "cache-control": wanted.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache",
      etag: page.etag,
      "content-security-policy": contentPolicy,
      "x-content-type-options": "nosniff",
      "referrer-policy": "same-origin",
    };
    if (ifNoneMatch === page.etag) return new Response(null, { status: 304, headers });
    return new Response(new Uint8Array(page.body), { headers });
  };
}

function missingPage(): Response {
  const body =
    "<!doctype html><meta charset=utf-8><title>Parlance</title><p>The page was not built. Run <code>npm run build</code> in Parlance's folder, then reload.</p>";
  return new Response(body, { status: 503, headers: { "content-type": "text/html; charset=utf-8" } });
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return "..";
  }
}
