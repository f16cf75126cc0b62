import type { MemoryLayer, MemoryRecord, MemoryScope, NewMemory } from "../../core/memory.ts";

const maxTextLength = 100_000;
const layers: readonly MemoryLayer[] = ["interact", "insights", "assets"];

/** One line of an import, in the words of an export; a string says what is wrong with it. */
export function parseMemoryLine(line: string): NewMemory | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "not JSON";
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "not an object";
  const fields = value as Record<string, unknown>;
  const { id, text, speaker = "", source = "import", layer = "assets", scope = "team", importance = 0.5 } = fields;
  if (typeof id !== "string" || id === "" || id.length > 500) return "`id` must be a text of 1 to 500 characters";
  if (typeof text !== "string" || text.trim() === "") return "`text` is missing";
  if (text.length > maxTextLength) return `\`text\` is longer than ${maxTextLength} characters`;
  const at = parseTime(fields["at"]);
  if (at === undefined) return "`at` must be an ISO time or milliseconds since 1970";
  if (!isScope(scope)) return '`scope` must be "team", "person:<id>" or "conversation:<id>"';
  if (typeof speaker !== "string" || typeof source !== "string") return "`speaker` and `source` must be texts";
  if (!layers.some((known) => known === layer)) return `\`layer\` must be one of ${layers.join(", ")}`;
  if (typeof importance !== "number" || !(importance >= 0 && importance <= 1)) return "`importance` must be 0 to 1";
  const { place } = fields;
  const expiresAt = parseTime(fields["expiresAt"]);
  return {
    id,
    layer: layer as MemoryLayer,
    scope,
    source,
    speaker,
    text: text.toWellFormed().replaceAll("\0", ""),
    at,
    importance,
    ...(typeof place === "string" ? { place } : {}),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    isPinned: fields["isPinned"] === true,
    isOutside: fields["isOutside"] === true,
  };
}

/** Everything that an import takes in again. */
export function formatMemoryLine(record: MemoryRecord): string {
  const { seq: _, at, expiresAt, lastAccessAt: __, accessCount: ___, ...rest } = record;
  const iso = (time: number): string => new Date(time).toISOString();
  return JSON.stringify({ ...rest, at: iso(at), ...(expiresAt === undefined ? {} : { expiresAt: iso(expiresAt) }) });
}

export function isScope(scope: unknown): scope is MemoryScope {
  return scope === "team" || (typeof scope === "string" && /^(person|conversation):./.test(scope));
}

function parseTime(value: unknown): number | undefined {
  const at = typeof value === "string" ? Date.parse(value) : value;
  return typeof at === "number" && Number.isFinite(at) && Math.abs(at) < 8.64e15 ? Math.trunc(at) : undefined;
}
