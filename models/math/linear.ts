/** Small dense linear algebra on row-major Float64Arrays, for matrices of a few hundred rows. */

/** The entries of a square `[n, n]` matrix at the given rows and columns. */
export function submatrix(
  a: Float64Array,
  n: number,
  rows: readonly number[],
  columns: readonly number[],
): Float64Array {
  const part = new Float64Array(rows.length * columns.length);
  for (const [i, row] of rows.entries()) {
    for (const [j, column] of columns.entries()) part[i * columns.length + j] = a[row * n + column] ?? 0;
  }
  return part;
}

/** The trace of a square `[n, n]` matrix divided by n: the scale a ridge is given in. */
export function meanDiagonal(a: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += a[i * n + i] ?? 0;
  return sum / n;
}

/** Adds to the diagonal of a square `[n, n]` matrix in place. */
export function addDiagonalInto(a: Float64Array, n: number, amount: number): void {
  for (let i = 0; i < n; i++) a[i * n + i] = (a[i * n + i] ?? 0) + amount;
}

/**
 * Overwrites a symmetric positive definite `[n, n]` matrix A, of which only the lower triangle is read, with L, where A = L Lᵀ. Cost n³/3; for
 * thousands of rows see `solvePositive`.
 */
export function factorLowerInto(matrix: Float64Array, n: number): Float64Array {
  for (let row = 0; row < n; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = matrix[row * n + column] as number;
      const [a, b] = [row * n, column * n];
      for (let k = 0; k < column; k++) sum -= (matrix[a + k] as number) * (matrix[b + k] as number);
      matrix[row * n + column] = row === column ? Math.sqrt(sum) : sum / (matrix[b + column] as number);
    }
    matrix.fill(0, row * n + row + 1, (row + 1) * n);
  }
  return matrix;
}

/** The inverse of a lower triangle `[n, n]`, which is one again. Cost n³/3. */
export function inverseOfLower(lower: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let row = 0; row < n; row++) {
    const target = inverse.subarray(row * n, (row + 1) * n);
    for (let k = 0; k < row; k++) {
      const factor = lower[row * n + k] as number;
      const source = inverse.subarray(k * n, k * n + k + 1);
      for (let column = 0; column <= k; column++)
        target[column] = (target[column] as number) - factor * (source[column] as number);
    }
    const pivot = lower[row * n + row] as number;
    for (let column = 0; column < row; column++) target[column] = (target[column] as number) / pivot;
    target[row] = 1 / pivot;
  }
  return inverse;
}

/** Adds values of the same length, `into += values`. */
export function addInto(into: Float64Array, values: Float32Array): void {
  for (let i = 0; i < into.length; i++) into[i] = (into[i] ?? 0) + (values[i] ?? 0);
}
