import { expect, test } from 'vitest';
import { estimate, interpolatedPhotoCost, measuredPhotoCost, type PhotoCost } from '#cdk/batch/estimate.ts';
import { MEASURED_MODELS } from '#cdk/batch/measured-models.ts';
import { costUsd, dollars, storageUsdPerMonth } from '#cdk/batch/prices.ts';
import { ensureModel } from '#models/fetch.ts';
import { TIERS } from '#models/tiers.ts';

const arm = { memoryMb: 2_048, architecture: 'arm64', maxConcurrency: 50 } as const;
const cost = { seconds: 4, bytesOut: 8, from: 'a test' };

test('a thousand photos of one second cost what the price list says', () => {
  // 1,000 s x 2 GB x $0.0000133334 of compute; of requests: 1,000 x $0.0000002 + 2 x $0.000005 + 5 x $0.0000004 + 3 x $0.0000004.
  const compute = 0.0266668;
  const requests = 0.0002 + 0.01 + 0.002 + 0.0012;

  expect(costUsd({ photos: 1_000, seconds: 1_000 }, arm)).toBeCloseTo(compute + requests, 6);
});

test('x86_64 costs a quarter more a second than arm64', () => {
  const seconds = (architecture: 'arm64' | 'x86_64') => costUsd({ photos: 0, seconds: 1e6 }, { ...arm, architecture });

  expect(seconds('x86_64') / seconds('arm64')).toBeCloseTo(1.25, 3);
});

test('a terabyte costs 23.55 dollars a month', () => {
  expect(storageUsdPerMonth(1_024 ** 4)).toBeCloseTo(23.552, 3);
});

test.each([
  [0, 'about $0.00'],
  [0.004, 'less than $0.01'],
  [12.8, 'about $12.80'],
  [1_280.4, 'about $1,280'],
])('%d dollars read as "%s"', (usd, words) => {
  expect(dollars(usd)).toBe(words);
});

test('50,000 photos of 4 s keep 50 workers busy for 4,000 s, besides start and ramp', () => {
  const { awsSeconds, localSeconds, awsUsd } = estimate(
    { photos: 50_000, bytes: null },
    { cost, place: arm, localWorkers: 2 },
  );

  expect(localSeconds).toBe(100_000);
  // 200,000 s of work / 50 workers; 9 s until all are there, of which half is lost to it; 6 s until the first is ready.
  expect(awsSeconds).toBeGreaterThan(4_000);
  expect(awsSeconds).toBeLessThan(4_000 + 9 + 6);
  expect(awsUsd).toBeCloseTo(costUsd({ photos: 50_000, seconds: 200_000 + 50 * 6 }, arm), 6);
});

test('a batch that is over before the workers are all there takes longer than its share', () => {
  const place = { ...arm, maxConcurrency: 1_000 };

  const { awsSeconds } = estimate({ photos: 500, bytes: null }, { cost, place, localWorkers: 2 });

  // 2,000 s of work by 5 + 5 t workers: 5 t + 2.5 t² = 2,000 at t = 27.3 s.
  expect(awsSeconds - 6).toBeCloseTo(27.3, 1);
});

test('storage is reckoned from the photos’ bytes, where they are known', () => {
  const bytes = 1_024 ** 4 / 8;

  const known = estimate({ photos: 10, bytes }, { cost, place: arm, localWorkers: 2 });
  const unknown = estimate({ photos: 10, bytes: null }, { cost, place: arm, localWorkers: 2 });

  expect(known.storageUsdPerMonth).toBeCloseTo(23.552, 3);
  expect(unknown.storageUsdPerMonth).toBeNull();
});

test('a function with half a vCPU takes twice as long for what was measured on a whole one, and one with two no less', () => {
  const cpuTime = { ...cost, isCpuTime: true };
  const secondsAt = (memoryMb: number, photoCost: PhotoCost) =>
    estimate({ photos: 50_000, bytes: null }, { cost: photoCost, place: { ...arm, memoryMb }, localWorkers: 2 })
      .awsSeconds;

  expect(secondsAt(1_769 / 2, cpuTime) / secondsAt(1_769, cpuTime)).toBeCloseTo(2, 1);
  expect(secondsAt(2 * 1_769, cpuTime)).toBe(secondsAt(1_769, cpuTime));
  // What was seen on a stage has its memory in it.
  expect(secondsAt(1_769 / 2, cost)).toBe(secondsAt(1_769, cost));
});

test.each([...TIERS, 'isnet'])('%s is reckoned with what was measured of it', (model) => {
  const [at2, at12] = MEASURED_MODELS[model]?.cpuSeconds ?? [Number.NaN, Number.NaN];

  const { seconds, from } = measuredPhotoCost(model) ?? {};

  expect(seconds).toBeGreaterThanOrEqual(at2);
  expect(seconds).toBeLessThanOrEqual(at12);
  expect(from).toContain('measured on');
});

test.each(TIERS)('the %s that was measured has the multiplications of the one that lies here', async (tier) => {
  const { manifest } = await ensureModel(tier);

  expect(manifest.macs / 1e9 / (MEASURED_MODELS[tier]?.gigaMacs ?? 0)).toBeCloseTo(1, 1);
});

test('a network that nobody measured lies between its neighbours, and says so', () => {
  const [u2net, isnet] = [measuredPhotoCost('u2net')?.seconds ?? 0, measuredPhotoCost('isnet')?.seconds ?? 0];

  const { seconds, from } = interpolatedPhotoCost((58.6e9 + 159.6e9) / 2, 'mine');

  expect(seconds).toBeCloseTo((u2net + isnet) / 2, 1);
  expect(from).toMatch(/^mine was not measured: .* from u2net and isnet/);
  expect(measuredPhotoCost('mine')).toBeUndefined();
  expect(interpolatedPhotoCost(320e9, 'twice').seconds).toBeGreaterThan(isnet);
  expect(interpolatedPhotoCost(0, 'nothing').seconds).toBeGreaterThan(0);
});
