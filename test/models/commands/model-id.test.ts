import { expect, test } from 'vitest';
import { modelId } from '#models/commands/model-id.ts';

test('takes what a manifest can carry', () => {
  expect(modelId('u2net-63.a')).toBe('u2net-63.a');
});

test.each(['Shoes', '-a', 'a b', '../a', ''])('refuses %j before anything is computed', (text) => {
  expect(() => modelId(text)).toThrow(`got ${text}`);
});
