/** What a logistic regression learned: `p = 1 / (1 + exp(-(bias + weights . x)))`. */
export interface Logistic {
  readonly bias: number;
  readonly weights: readonly number[];
}

export interface FitOptions {
  /** Strength of the pull of every weight, not of the bias, towards 0: that many examples' worth. @default 5 */
  readonly ridge: number;
}

export const FIT_DEFAULTS: FitOptions = { ridge: 5 };

const MOST_ROUNDS = 100;
const ENOUGH = 1e-10;

/**
 * Fits a logistic regression by Newton's method, which for this convex problem needs about ten rounds and no seed.
 *
 * @param inputs `[examples, features]`, best of a similar spread. @param isGood One an example. Cost O(examples x features²).
 */
export function fitLogistic(
  inputs: readonly (readonly number[])[],
  isGood: readonly boolean[],
  { ridge }: FitOptions = FIT_DEFAULTS,
): Logistic {
  const size = (inputs[0]?.length ?? 0) + 1;
  const solution = new Array<number>(size).fill(0);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const step = newtonStep(inputs, isGood, { solution, ridge });
    for (const [i, change] of step.entries()) solution[i] = (solution[i] ?? 0) - change;
    if (Math.max(...step.map(Math.abs)) < ENOUGH) break;
  }
  const [bias = 0, ...weights] = solution;
  return { bias, weights };
}

function newtonStep(
  inputs: readonly (readonly number[])[],
  isGood: readonly boolean[],
  { solution, ridge }: { readonly solution: readonly number[]; readonly ridge: number },
): number[] {
  const size = solution.length;
  const gradient = solution.map((value, i) => (i === 0 ? 0 : ridge * value));
  // A hair on the diagonal keeps it solvable where all examples are alike.
  const curvature = solution.map((_, i) => solution.map((__, k) => (i === k ? (i === 0 ? 1e-9 : ridge) : 0)));
  for (const [example, input] of inputs.entries()) {
    const x = [1, ...input];
    const p = sigmoid(dot(solution, x));
    const error = p - (isGood[example] === true ? 1 : 0);
    for (let i = 0; i < size; i++) {
      const xi = x[i] ?? 0;
      gradient[i] = (gradient[i] ?? 0) + error * xi;
      const row = curvature[i] ?? [];
      for (let k = 0; k < size; k++) row[k] = (row[k] ?? 0) + p * (1 - p) * xi * (x[k] ?? 0);
    }
  }
  return solve(curvature, gradient);
}

/** Gauss's elimination with pivots, for a dozen unknowns. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i] ?? 0]);
  for (let column = 0; column < rows.length; column++) {
    const rest = rows.slice(column);
    const pivot = rest.reduce((best, row) => (Math.abs(row[column] ?? 0) > Math.abs(best[column] ?? 0) ? row : best));
    const at = rows.indexOf(pivot);
    [rows[column], rows[at]] = [pivot, rows[column] ?? []];
    for (const row of rows) {
      if (row === pivot) continue;
      const factor = (row[column] ?? 0) / (pivot[column] ?? 1);
      for (let k = column; k < row.length; k++) row[k] = (row[k] ?? 0) - factor * (pivot[k] ?? 0);
    }
  }
  return rows.map((row, i) => (row[rows.length] ?? 0) / (row[i] ?? 1));
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z));
}
