export { formatWindow, pickWindow, windowAfter, windowBefore, type WindowPart } from "./context.ts";
export { parseQuery, type MemoryQuery, type QueryConcept } from "./query.ts";
export { rank } from "./rank.ts";
export type { Ranked } from "./ranked.ts";
export { searchTail } from "./tail.ts";
export { tokenize } from "./words.ts";

/** Another one means that the index holds other tokens, and must be made anew. */
export const rankingVersion = "1";
