import { AppError } from "../../core/errors.ts";

/**
 * The first `dimensions` numbers, then made one long: in this order, because the rest of a Matryoshka vector takes its
 * part of the length with it. Throws AppError "model-failed" when it is shorter, has no direction, or is not finite.
 */
export function pickUnitVector(vector: ArrayLike<number>, dimensions: number, name: string): Float32Array {
  if (vector.length < dimensions)
    throw new AppError(
      "model-failed",
      `Model "${name}" makes vectors of ${vector.length} numbers, and ${dimensions} are asked for.`,
      { hint: `Set models.aliases.${name}.dimensions to at most ${vector.length}.` },
    );
  const cut = Float32Array.from({ length: dimensions }, (_, at) => vector[at] ?? Number.NaN);
  const length = Math.sqrt(dotProduct(cut, cut));
  if (!Number.isFinite(length) || length === 0)
    throw new AppError("model-failed", `Model "${name}" made a vector that points nowhere.`, {
      hint: "The model's file may be damaged, or of a number format that this machine cannot compute.",
    });
  return cut.map((value) => value / length);
}

/** From -1 to 1, for vectors of length one. */
export function dotProduct(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}

/** How far b is from a, measured by a's length. */
export function relativeDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const difference = Float64Array.from({ length: a.length }, (_, at) => (a[at] ?? 0) - (b[at] ?? 0));
  return Math.sqrt(dotProduct(difference, difference) / dotProduct(a, a));
}
