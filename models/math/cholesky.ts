import type { Matrix, Products } from './products.ts';

/** Columns handled at a time: large enough that the products do nearly all the work. */
const BLOCK = 192;
/** Rows of a large product at a time. */
const STRIP = 1024;

/**
 * Solves `A X = B` for a symmetric positive definite A by a blocked Cholesky factorization.
 *
 * @param a `[n, n]`, of which only the lower triangle is read; overwritten. @param b `[n, m]`, overwritten with the solution and returned. Cost n³/3 + 2 n² m.
 * @throws {RangeError} when A is not positive definite: raise the ridge.
 */
export async function solvePositive(a: Matrix, b: Matrix, products: Products): Promise<Matrix> {
  await factorInto(a, products);
  return solveFactored(a, b, products);
}

/**
 * Solves `L Lᵀ X = B` for what `factorInto` made of A, as often as there are right-hand sides.
 *
 * @param b `[n, m]`, overwritten with the solution and returned.
 */
export async function solveFactored(l: Matrix, b: Matrix, products: Products): Promise<Matrix> {
  await solveLower(l, b, products);
  await solveUpper(l, b, products);
  return b;
}

/** Overwrites the lower triangle of A with L, where A = L Lᵀ. @throws {RangeError} when A is not positive definite. */
export async function factorInto(a: Matrix, products: Products): Promise<void> {
  const n = a.rows;
  for (let start = 0; start < n; start += BLOCK) {
    const end = Math.min(n, start + BLOCK);
    factorDiagonal(a, start, end);
    if (end === n) return;
    solvePanel(a, start, end);
    await subtractPanel(a, start, end, products);
  }
}

function factorDiagonal({ data, columns: n }: Matrix, start: number, end: number): void {
  for (let j = start; j < end; j++) {
    let pivot = data[j * n + j] ?? 0;
    for (let k = start; k < j; k++) pivot -= (data[j * n + k] ?? 0) ** 2;
    if (!(pivot > 0)) throw new RangeError(`Expected a positive definite matrix, got pivot ${pivot} at ${j}`);
    const root = Math.sqrt(pivot);
    data[j * n + j] = root;
    for (let i = j + 1; i < end; i++) {
      let sum = data[i * n + j] ?? 0;
      for (let k = start; k < j; k++) sum -= (data[i * n + k] ?? 0) * (data[j * n + k] ?? 0);
      data[i * n + j] = sum / root;
    }
  }
}

/** The rows below a factored diagonal block. */
function solvePanel({ data, columns: n }: Matrix, start: number, end: number): void {
  for (let i = end; i < n; i++) {
    const row = data.subarray(i * n, i * n + end);
    for (let j = start; j < end; j++) {
      let sum = row[j] ?? 0;
      for (let k = start; k < j; k++) sum -= (row[k] ?? 0) * (data[j * n + k] ?? 0);
      row[j] = sum / (data[j * n + j] ?? 1);
    }
  }
}

/** Takes a panel's products with itself out of the lower triangle to its right, in strips: what lies above is never read. */
async function subtractPanel(a: Matrix, start: number, end: number, products: Products): Promise<void> {
  for (let row = end; row < a.rows; row += STRIP) {
    const rowEnd = Math.min(a.rows, row + STRIP);
    const product = await products.timesTransposed(
      block(a, row, rowEnd, start, end),
      block(a, end, rowEnd, start, end),
    );
    subtract(a, { row, column: end }, product);
  }
}

/** `L Y = B` in place. */
async function solveLower(l: Matrix, b: Matrix, products: Products): Promise<void> {
  for (let start = 0; start < l.rows; start += BLOCK) {
    const end = Math.min(l.rows, start + BLOCK);
    if (start > 0) {
      const done = await products.times(block(l, start, end, 0, start), block(b, 0, start, 0, b.columns));
      subtract(b, { row: start, column: 0 }, done);
    }
    for (let i = start; i < end; i++) eliminateRow(l, b, { row: i, from: start, to: i });
  }
}

/** `Lᵀ X = Y` in place. */
async function solveUpper(l: Matrix, b: Matrix, products: Products): Promise<void> {
  const n = l.rows;
  for (let end = n; end > 0; end -= ((end - 1) % BLOCK) + 1) {
    const start = end - (((end - 1) % BLOCK) + 1);
    if (end < n) {
      const below = transposed(block(l, end, n, start, end));
      subtract(b, { row: start, column: 0 }, await products.times(below, block(b, end, n, 0, b.columns)));
    }
    for (let i = end - 1; i >= start; i--) eliminateRow(l, b, { row: i, from: i + 1, to: end, isUpper: true });
  }
}

/** Takes the rows that are solved already out of one row of B and divides by the diagonal. */
function eliminateRow(
  { data: l, columns: n }: Matrix,
  { data: b, columns: m }: Matrix,
  { row, from, to, isUpper = false }: { row: number; from: number; to: number; isUpper?: boolean },
): void {
  const target = b.subarray(row * m, (row + 1) * m);
  for (let k = from; k < to; k++) {
    const factor = (isUpper ? l[k * n + row] : l[row * n + k]) ?? 0;
    if (factor === 0) continue;
    const source = b.subarray(k * m, (k + 1) * m);
    for (let c = 0; c < m; c++) target[c] = (target[c] ?? 0) - factor * (source[c] ?? 0);
  }
  const pivot = l[row * n + row] ?? 1;
  for (let c = 0; c < m; c++) target[c] = (target[c] ?? 0) / pivot;
}

function block(a: Matrix, rowStart: number, rowEnd: number, columnStart: number, columnEnd: number): Matrix {
  const [rows, columns] = [rowEnd - rowStart, columnEnd - columnStart];
  if (columns === a.columns) return { rows, columns, data: a.data.subarray(rowStart * columns, rowEnd * columns) };
  const data = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const from = (rowStart + i) * a.columns + columnStart;
    data.set(a.data.subarray(from, from + columns), i * columns);
  }
  return { rows, columns, data };
}

function subtract(a: Matrix, { row, column }: { row: number; column: number }, b: Matrix): void {
  for (let i = 0; i < b.rows; i++) {
    const from = (row + i) * a.columns + column;
    const target = a.data.subarray(from, from + b.columns);
    const source = b.data.subarray(i * b.columns, (i + 1) * b.columns);
    for (let j = 0; j < b.columns; j++) target[j] = (target[j] ?? 0) - (source[j] ?? 0);
  }
}

/** A matrix's transpose, a copy. */
export function transposed({ rows, columns, data }: Matrix): Matrix {
  const flipped = new Float64Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) flipped[j * rows + i] = data[i * columns + j] ?? 0;
  return { rows: columns, columns: rows, data: flipped };
}
