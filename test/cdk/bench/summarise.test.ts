import { expect, test } from 'vitest';
import { median, summarise } from '#cdk/bench/summarise.ts';
import { measurement } from './bench-runs.ts';

const options = { model: 'isnet', warmUp: 2 };

test('counts from the third cutout on, but takes the cold start from the first', () => {
  const measurements = [
    measurement({ cpuMs: 5000, wallMs: 4000, sinceStartCpuMs: 9000 }),
    measurement({ cpuMs: 3000, wallMs: 2000, sinceStartCpuMs: 12_000 }),
    measurement({ cpuMs: 120, wallMs: 70, sinceStartCpuMs: 12_120 }),
    measurement({ cpuMs: 100, wallMs: 80, sinceStartCpuMs: 12_220 }),
    measurement({ cpuMs: 900, wallMs: 90, sinceStartCpuMs: 13_120 }),
  ];

  const run = summarise({ tool: 'imgly', megapixels: 12, measurements }, options);

  expect(run).toMatchObject({ tool: 'imgly', model: 'isnet', megapixels: 12, rounds: 3 });
  expect(run).toMatchObject({ cpuMs: 120, cpuMsMin: 100, wallMs: 80, wallMsMin: 70, firstCutoutCpuMs: 9000 });
});

test('takes the peak of memory over the whole life of the process', () => {
  const measurements = [900, 950, 940].map((peakMb) => measurement({ peakMb }));

  expect(summarise({ tool: 'cutline', megapixels: 2, measurements }, options).peakMb).toBe(950);
});

test('gives the median of each stage', () => {
  const times = [9, 9, 3, 1, 2].map((decode) => measurement({ timesMs: { decode, encode: 10 * decode } }));

  const { timesMs } = summarise({ tool: 'cutline', megapixels: 2, measurements: times }, options);

  expect(timesMs).toEqual({ decode: 2, encode: 20 });
});

test('refuses to sum up a process that never got warm', () => {
  const measurements = [measurement(), measurement()];

  expect(() => summarise({ tool: 'imgly', megapixels: 2, measurements }, options)).toThrow(
    'Expected more than 2 measurements of imgly, got 2',
  );
});

test.each([
  [[5], 5],
  [[9, 1, 5], 5],
  [[4, 1, 3, 2], 2.5],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected);
});
