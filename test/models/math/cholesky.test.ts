import { expect, test } from 'vitest';
import { solvePositive } from '#models/math/cholesky.ts';
import { type Matrix, openProducts } from '#models/math/products.ts';
import { seededRandom } from '#models/math/random.ts';

// Sizes on both sides of the block's width, and across several blocks.
test.each([1, 7, 192, 193, 500])('solves %d equations whose solution is known', async (n) => {
  const random = seededRandom(n);
  const root = matrix(n + 5, n, () => random.normal());
  const solution = matrix(n, 3, () => random.normal());
  const a = multiply(transpose(root), root);
  const b = multiply(a, solution);
  const products = await openProducts();

  const solved = await solvePositive(a, b, products);

  await products.close();
  const largest = Math.max(...solved.data.map((value, i) => Math.abs(value - (solution.data[i] ?? 0))));
  expect(largest).toBeLessThan(1e-5);
});

test('refuses a matrix that is not positive definite', async () => {
  const products = await openProducts();

  const solving = solvePositive(
    matrix(2, 2, (i) => [1, 2, 2, 1][i] ?? 0),
    matrix(2, 1, () => 1),
    products,
  );

  await expect(solving).rejects.toThrow(/positive definite/);
  await products.close();
});

function matrix(rows: number, columns: number, value: (index: number) => number): Matrix {
  return { rows, columns, data: Float64Array.from({ length: rows * columns }, (_, i) => value(i)) };
}

function transpose(a: Matrix): Matrix {
  return matrix(a.columns, a.rows, (i) => a.data[(i % a.rows) * a.columns + Math.floor(i / a.rows)] ?? 0);
}

function multiply(a: Matrix, b: Matrix): Matrix {
  return matrix(a.rows, b.columns, (index) => {
    const [i, j] = [Math.floor(index / b.columns), index % b.columns];
    let sum = 0;
    for (let k = 0; k < a.columns; k++) sum += (a.data[i * a.columns + k] ?? 0) * (b.data[k * b.columns + j] ?? 0);
    return sum;
  });
}
