/** A text as the features it has, each by its number, and how much of each. */
export interface Row {
  readonly features: Int32Array;
  readonly parts: Float64Array;
  readonly isYes: boolean;
}

const kept = 8;
const maxIterations = 80;
const enough = 1e-5;

/**
 * Weights of the features, and last the bias, of a support vector machine: squared hinge loss, and an L2 penalty on all
 * but the bias. What is clearly right pulls no more, so that odd labels among easy sentences weigh less than in logistic
 * regression. L-BFGS with the two-loop recursion of Nocedal and Wright, "Numerical Optimization", algorithm 7.4, from
 * zero. No chance in it.
 */
export function trainLinear(rows: readonly Row[], size: number, penalty: number): Float64Array {
  let weights = new Float64Array(size + 1);
  let gradient = new Float64Array(size + 1);
  let loss = measure(weights, gradient);
  const steps: Float64Array[] = [];
  const changes: Float64Array[] = [];
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    const direction = findDirection(gradient, steps, changes);
    const slope = dot(gradient, direction);
    let rate = 1;
    let next = weights;
    let nextGradient = gradient;
    let nextLoss = loss;
    do {
      next = weights.map((weight, index) => weight - rate * at(direction, index));
      nextGradient = new Float64Array(size + 1);
      nextLoss = measure(next, nextGradient);
      rate /= 2;
    } while (nextLoss > loss - 2e-4 * rate * slope && rate > 1e-9);
    const step = next.map((weight, index) => weight - at(weights, index));
    const change = nextGradient.map((value, index) => value - at(gradient, index));
    if (dot(step, change) > 1e-10) {
      steps.push(step);
      changes.push(change);
      if (steps.length > kept) {
        steps.shift();
        changes.shift();
      }
    }
    const isDone = Math.abs(loss - nextLoss) < enough * Math.abs(loss);
    [weights, gradient, loss] = [next, nextGradient, nextLoss];
    if (isDone) break;
  }
  return weights;

  /** The loss; writes its gradient into `into`. */
  function measure(by: Float64Array, into: Float64Array): number {
    let sum = 0;
    for (const row of rows) {
      const side = row.isYes ? 1 : -1;
      const missing = 1 - side * scoreRow(row, by);
      if (missing <= 0) continue;
      sum += missing * missing;
      const pull = -2 * side * missing;
      row.features.forEach((feature, index) => {
        into[feature] = at(into, feature) + pull * at(row.parts, index);
      });
      into[size] = at(into, size) + pull;
    }
    for (let index = 0; index < size; index++) {
      const weight = at(by, index);
      sum += (penalty / 2) * weight * weight;
      into[index] = at(into, index) + penalty * weight;
    }
    return sum;
  }
}

/** How much speaks for yes: 1 is clear, and 0 undecided. */
export function scoreRow({ features, parts }: Omit<Row, "isYes">, weights: Float64Array): number {
  let sum = at(weights, weights.length - 1);
  for (let index = 0; index < features.length; index++) sum += at(parts, index) * at(weights, features[index] ?? 0);
  return sum;
}

function findDirection(
  gradient: Float64Array,
  steps: readonly Float64Array[],
  changes: readonly Float64Array[],
): Float64Array {
  const direction = gradient.slice();
  const factors: number[] = [];
  for (let index = steps.length - 1; index >= 0; index--) {
    const [step, change] = pair(steps, changes, index);
    const factor = dot(step, direction) / dot(step, change);
    factors[index] = factor;
    add(direction, change, -factor);
  }
  const last = steps.length - 1;
  const scale =
    last < 0
      ? 1 / Math.sqrt(dot(gradient, gradient))
      : dot(...pair(steps, changes, last)) / dot(changes[last] ?? gradient, changes[last] ?? gradient);
  for (let index = 0; index < direction.length; index++) direction[index] = at(direction, index) * scale;
  for (let index = 0; index < steps.length; index++) {
    const [step, change] = pair(steps, changes, index);
    add(direction, step, (factors[index] ?? 0) - dot(change, direction) / dot(step, change));
  }
  return direction;
}

function pair(
  steps: readonly Float64Array[],
  changes: readonly Float64Array[],
  index: number,
): readonly [Float64Array, Float64Array] {
  const step = steps[index];
  const change = changes[index];
  if (step === undefined || change === undefined) throw new Error(`there is no step ${index}`);
  return [step, change];
}

function add(to: Float64Array, what: Float64Array, factor: number): void {
  for (let index = 0; index < to.length; index++) to[index] = at(to, index) + factor * at(what, index);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += at(a, index) * at(b, index);
  return sum;
}

function at(values: Float64Array, index: number): number {
  return values[index] ?? 0;
}
