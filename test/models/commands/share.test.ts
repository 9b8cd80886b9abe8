import { expect, test } from 'vitest';
import { share } from '#models/commands/share.ts';

test('reads a share', () => {
  expect(share('0.05')).toBe(0.05);
});

test.each(['0', '1', '-0.2', 'half', ''])('refuses %j', (text) => {
  expect(() => share(text)).toThrow(`Expected a number between 0 and 1, got ${text}`);
});
