import { expect, test } from 'vitest';
import { sharp } from '#functions/imaging/codec.ts';
import { giveBack } from '#functions/imaging/give-back.ts';

test('a decoded picture’s memory is gone at once', async () => {
  const create = { width: 3000, height: 3000, channels: 3 as const, background: '#123456' };
  const data = await sharp({ create }).raw().toBuffer();
  const before = process.memoryUsage().external;

  giveBack(data);

  expect(data.length).toBe(0);
  expect(process.memoryUsage().external).toBeLessThan(before - 20_000_000);
});

test('a view of a larger buffer is left alone, since others may look at the rest', () => {
  const whole = Uint8Array.of(1, 2, 3, 4);

  giveBack(whole.subarray(1, 3));

  expect([...whole]).toEqual([1, 2, 3, 4]);
});
