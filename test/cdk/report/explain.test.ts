import { expect, test } from 'vitest';
import { explainCode, explainDoubt } from '#cdk/report/explain.ts';
import { DoubtReason, RejectionCode } from '#functions/contract/record.ts';

test.each(RejectionCode.options)('says in words what %s means and what to do', (code) => {
  const { title, advice } = explainCode(code, 'rejected');

  expect(title).not.toContain(code);
  expect(advice).toMatch(/^[A-Z].*\.$/);
});

test('says what to look at for every doubt, each in its own words', () => {
  const sentences = DoubtReason.options.map(explainDoubt);

  expect(new Set(sentences).size).toBe(DoubtReason.options.length);
});

test('blames a fault on the machine, not on the photo', () => {
  expect(explainCode('disk_full', 'failed').title).toBe('The disk is full');
  expect(explainCode('constructor', 'failed')).toEqual(explainCode('never_heard_of', 'failed'));
});
