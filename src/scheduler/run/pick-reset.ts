import { AppError } from "../../core/errors.ts";
import type { StepRow } from "../../core/workflow-run.ts";

const lists = new Set(["switch", "each"]);
const undone = new Set<StepRow["state"]>(["failed", "uncertain", "retrying", "started"]);
/** Their questions were closed, and their runs ended, with the run. */
const closed = new Set(["approve", "ask", "tool", "workflow"]);

/**
 * The rows to write so that a run goes on from a step, or from where it failed. Steps with steps in them are opened
 * again; what comes after the step in its own list, and in the lists around it, is done anew. Throws AppError
 * "not-found" when there is no such step. Pure.
 */
export function pickReset(rows: readonly StepRow[], from: string | undefined): readonly StepRow[] {
  if (from === undefined)
    return rows.flatMap((row) =>
      undone.has(row.state) || (row.state === "waiting" && closed.has(row.kind)) ? reopen(row) : [],
    );
  const target = rows.find(({ path }) => path === from) ?? rows.find(({ path }) => lastName(path) === from);
  if (target === undefined)
    throw new AppError("not-found", `The run has not come to a step "${from.slice(0, 60)}".`, {
      hint: `It has been at ${rows
        .map(({ path }) => path)
        .slice(0, 20)
        .join(", ")}.`,
    });
  const around = ancestors(target.path);
  const chain = [...around, target.path];
  return rows.flatMap((row) => {
    if (around.includes(row.path)) return { ...reopen(row), state: "waiting" as const };
    // Within the list of the step, and of each list around it: the step itself and what was begun after it.
    const isAfter = chain.some(
      (path) =>
        isWithinOrAfter(row, path, rows) && !around.some((outer) => outer === path && isInside(row.path, outer)),
    );
    return isAfter ? reset(row) : [];
  });
}

/** Is a row that step, inside it, or a later one (or inside a later one) of the same list? */
function isWithinOrAfter(row: StepRow, path: string, rows: readonly StepRow[]): boolean {
  if (row.path === path || isInside(row.path, path)) return true;
  const list = parentOf(path);
  const seq = rows.find((one) => one.path === path)?.seq ?? 0;
  const sibling = rows.find(
    (one) => parentOf(one.path) === list && (row.path === one.path || isInside(row.path, one.path)),
  );
  return sibling !== undefined && sibling.seq > seq;
}

function reopen(row: StepRow): StepRow {
  return lists.has(row.kind) && row.input !== null ? { ...reset(row), state: "waiting", redo: row.redo } : reset(row);
}

function reset(row: StepRow): StepRow {
  const { endedAt: _endedAt, dueAt: _dueAt, error: _error, ...rest } = row;
  return { ...rest, state: "reset", output: null, isOutside: false, redo: row.redo + (row.state === "done" ? 1 : 0) };
}

/** "a[3].b.c" stands in the list "a[3].b". */
function parentOf(path: string): string {
  const end = path.lastIndexOf(".");
  return end === -1 ? "" : path.slice(0, end);
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}

function isInside(path: string, outer: string): boolean {
  return path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);
}

/** Paths of the steps around one, the outermost first. */
function ancestors(path: string): readonly string[] {
  const found: string[] = [];
  for (let end = path.lastIndexOf("."); end !== -1; end = path.lastIndexOf(".", end - 1))
    found.unshift(path.slice(0, end).replace(/\[\d+\]$/, ""));
  return found;
}
