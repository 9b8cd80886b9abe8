import { expect, test } from 'vitest';
import { Rate } from '../../../cdk/commands/run-progress.ts';

test('knows no rate before a second photo', () => {
  const rate = new Rate();

  rate.note(1, 1000);

  expect(rate.perSecond(2000)).toBe(0);
});

test('measures photos a second', () => {
  const rate = new Rate();

  for (let n = 0; n <= 10; n++) rate.note(n, n * 500);

  expect(rate.perSecond(5000)).toBe(2);
});

test('forgets how fast photos passed that were done before', () => {
  const rate = new Rate();

  for (let n = 0; n < 1000; n++) rate.note(n, n);
  for (let n = 0; n < 60; n++) rate.note(1000 + n, 1000 + (n + 1) * 1000);

  expect(rate.perSecond(61_000)).toBeCloseTo(1, 1);
});

test('slows down while nothing is finished', () => {
  const rate = new Rate();

  rate.note(0, 0);
  rate.note(10, 10_000);

  expect(rate.perSecond(20_000)).toBe(0.5);
});
