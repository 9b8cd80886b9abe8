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
