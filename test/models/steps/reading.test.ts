import { afterAll, beforeAll, expect, test } from 'vitest';
import { transposed } from '#models/math/cholesky.ts';
import { type Matrix, openProducts, type Products } from '#models/math/products.ts';
import { seededRandom } from '#models/math/random.ts';
import { filtersBefore, filtersBehind, firstAxes, readAlong, sourceAxes } from '#models/steps/reading.ts';

let products: Products;
beforeAll(async () => {
  products = await openProducts();
});
afterAll(() => products.close());

const random = seededRandom(7);

function noise(rows: number, columns: number): Matrix {
  return { rows, columns, data: Float64Array.from({ length: rows * columns }, () => random.normal()) };
}

/** Two sources of 12 and 8 channels with 4 taps each, and filters for 6 outputs that read 3 and 2 sums of their channels. */
async function layer() {
  const parts = await Promise.all(
    [
      [12, 3],
      [8, 2],
    ].map(([channels = 0, axes = 0]) => products.times(noise(channels, axes), noise(axes, 4 * 6))),
  );
  const filters = { rows: 80, columns: 6, data: Float64Array.from(parts.flatMap(({ data }) => [...data])) };
  const samples = noise(400, 80);
  // Neighbouring taps have much in common.
  for (let at = 1; at < samples.data.length; at++)
    samples.data[at] = (samples.data[at] ?? 0) + (samples.data[at - 1] ?? 0) / 2;
  const gram = await gramOf(samples);
  return { layout: { channels: [12, 8], kernel: 4 }, filters, samples, gram };
}

/** Sums of products of the columns of samples. */
function gramOf(samples: Matrix): Promise<Matrix> {
  return products.times(transposed(samples), samples);
}

/** Largest difference of what two sets of filters give of the samples, beside the largest they give. */
async function difference(samples: Matrix, a: Matrix, b: Matrix): Promise<number> {
  const [given, wanted] = [await products.times(samples, a), await products.times(samples, b)];
  const off = given.data.reduce((most, value, at) => Math.max(most, Math.abs(value - (wanted.data[at] ?? 0))), 0);
  return off / wanted.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

test('filters that read few sums of their channels lose nothing behind as many axes of each source', async () => {
  const { layout, filters, samples, gram } = await layer();
  const worth = new Float64Array(6).fill(1);

  const axes = await sourceAxes(layout, { gram, filters, worth }, products);
  const reading = await readAlong(firstAxes(axes, [3, 2]), layout, gram, products);
  const behind = await filtersBehind(reading, filters, products);

  expect(behind.filters.rows).toBe((3 + 2) * 4);
  expect(await difference(samples, await filtersBefore(reading, behind.filters, products), filters)).toBeLessThan(2e-3);
  const wanted = await products.times(samples, filters);
  const energy = wanted.data.reduce((sum, value) => sum + value ** 2, 0);
  const given = Array.from({ length: 6 }, (_, o) => behind.sums.data[o * 6 + o] ?? 0).reduce((a, b) => a + b);
  expect(given / energy).toBeCloseTo(1, 3);
});

test('a source that is read as it is keeps its filters', async () => {
  const { layout, filters, samples, gram } = await layer();

  const axes = await sourceAxes(layout, { gram, filters, worth: new Float64Array(6).fill(1) }, products);
  const reading = await readAlong(firstAxes(axes, [undefined, 2]), layout, gram, products);
  const behind = await filtersBehind(reading, filters, products);

  expect(behind.filters.rows).toBe((12 + 2) * 4);
  expect(await difference(samples, await filtersBefore(reading, behind.filters, products), filters)).toBeLessThan(2e-3);
});

test('the axes that are left are those of the outputs that count', async () => {
  const { layout, filters, samples, gram } = await layer();
  // The first three outputs read the first source's first channel alone, the others its second.
  filters.data.fill(0);
  for (let tap = 0; tap < 4; tap++) {
    for (let o = 0; o < 6; o++) filters.data[((o < 3 ? 0 : 1) * 4 + tap) * 6 + o] = random.normal();
  }
  const lostBy = async (worth: readonly number[]): Promise<number[]> => {
    const axes = await sourceAxes(layout, { gram, filters, worth: Float64Array.from(worth) }, products);
    const reading = await readAlong(firstAxes(axes, [1, 1]), layout, gram, products);
    const { filters: behind } = await filtersBehind(reading, filters, products);
    const given = await products.times(samples, await filtersBefore(reading, behind, products));
    const wanted = await products.times(samples, filters);
    return [0, 3].map((first) =>
      wanted.data.reduce(
        (sum, value, at) => sum + (at % 6 >= first && at % 6 < first + 3 ? (value - (given.data[at] ?? 0)) ** 2 : 0),
        0,
      ),
    );
  };

  const [few = 0, others = 0] = await lostBy([100, 100, 100, 1, 1, 1]);
  const [fewOtherwise = 0, othersOtherwise = 0] = await lostBy([1, 1, 1, 100, 100, 100]);

  expect(few).toBeLessThan(others / 100);
  expect(othersOtherwise).toBeLessThan(fewOtherwise / 100);
});

test('axes along which hardly anything varies do no harm, though sums are rounded', async () => {
  const { layout, filters, samples } = await layer();
  // All channels of the first source are sums of three.
  const mixes = noise(3, 12);
  const three = noise(400, 3 * 4);
  samples.data.forEach((_, at) => {
    const [row, channel, tap] = [Math.floor(at / 80), Math.floor((at % 80) / 4), at % 4];
    if (channel >= 12) return;
    const parts = [0, 1, 2].map((k) => (mixes.data[k * 12 + channel] ?? 0) * (three.data[row * 12 + k * 4 + tap] ?? 0));
    samples.data[at] = 100 * parts.reduce((sum, part) => sum + part, 0);
  });
  const gram = await gramOf(samples);
  const largest = gram.data.reduce((most, value) => Math.max(most, value), 0);
  for (let i = 0; i < 80; i++) {
    for (let j = 0; j <= i; j++) {
      const rounded = (gram.data[i * 80 + j] ?? 0) + 1e-6 * largest * random.normal();
      gram.data[i * 80 + j] = rounded;
      gram.data[j * 80 + i] = rounded;
    }
  }
  const worth = new Float64Array(6).fill(1);

  const axes = await sourceAxes(layout, { gram, filters, worth }, products);
  const reading = await readAlong(firstAxes(axes, [9, 2]), layout, gram, products);
  const behind = await filtersBehind(reading, filters, products);

  expect(await difference(samples, await filtersBefore(reading, behind.filters, products), filters)).toBeLessThan(1e-2);
});
