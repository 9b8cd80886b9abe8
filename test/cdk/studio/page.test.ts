import { describe, expect, test } from 'vitest';
import { stampInto, strokeInto } from '#cdk/studio/page/brush-mask.ts';
import { countBy, type Filter, filterOf, hashOf, NO_FILTER, shownItems, standingOf } from '#cdk/studio/page/filter.ts';
import { EN } from '#cdk/studio/page/words/en.ts';
import { ZH } from '#cdk/studio/page/words/zh.ts';
import type { Item } from '#cdk/studio/protocol.ts';
import { itemOf } from '#cdk/studio/server/item.ts';
import { doneRecord, rejectedRecord } from '../report/photo-records.ts';

const sure = itemOf(doneRecord('a/sure.jpg', { confidence: 0.99 }), '1');
const unsure = itemOf(doneRecord('unsure.jpg', { confidence: 0.3, verdict: 'review', reasons: ['soft_mask'] }), '1');
const broken = itemOf(rejectedRecord('broken.jpg'), '1');
const decision = { verdict: 'approved', before: 'review', at: '2026-11-24T10:00:00.000Z' } as const;
const approved = itemOf(doneRecord('approved.jpg', { confidence: 0.5, decision }), '1');
const all = [sure, unsure, broken, approved];

const keys = (items: readonly Item[]) => items.map(({ key }) => key);

describe('the gallery', () => {
  test('shows what is least sure first, and what has no cutout before that', () => {
    expect(keys(shownItems(all, NO_FILTER))).toEqual(['broken.jpg', 'unsure.jpg', 'approved.jpg', 'a/sure.jpg']);
  });

  test('tells what waits for a person from what a person has decided', () => {
    expect(all.map(standingOf)).toEqual(['ok', 'review', 'rejected', 'approved']);
  });

  test.each([
    [{ standing: 'review' } as const, ['unsure.jpg']],
    [{ reason: 'soft_mask' }, ['unsure.jpg']],
    [{ text: 'SURE' }, ['unsure.jpg', 'a/sure.jpg']],
    [{ rule: 'amazon:fill' }, []],
    [{ atLeast: 0.5 }, ['approved.jpg', 'a/sure.jpg']],
  ])('filters by %j', (changes, expected) => {
    expect(keys(shownItems(all, { ...NO_FILTER, ...changes }))).toEqual(expected);
  });

  test.each<Partial<Filter>>([
    {},
    { standing: 'review', sort: 'name' },
    { reason: 'soft_mask', rule: 'amazon:fill', atLeast: 0.95 },
    { text: 'a & b=#1 \u978b' },
  ])('keeps %j in the address', (changes) => {
    const filter = { ...NO_FILTER, ...changes };

    expect(filterOf(hashOf(filter))).toEqual(filter);
  });

  test('leaves out of an address what nobody could have chosen', () => {
    expect(filterOf('#show=<script>&sure=7&sort=price')).toEqual(NO_FILTER);
    expect(hashOf(NO_FILTER)).toBe('');
  });

  test('finds a photo by its SKU and by the shop rule it breaks', () => {
    const [output] = doneRecord('x.jpg').outputs;
    if (output === undefined) throw new Error('Expected an output');
    const rules = [{ check: 'fill', level: 'must', value: 0.2, min: 0.85, passed: false } as const];
    const source = { ...doneRecord('x.jpg').source, sku: 'SHOE-7' };
    const item = itemOf(doneRecord('x.jpg', { source, outputs: [{ ...output, preset: 'amazon', rules }] }), '1');

    expect(keys(shownItems([sure, item], { ...NO_FILTER, text: 'shoe-7' }))).toEqual(['x.jpg']);
    expect(keys(shownItems([sure, item], { ...NO_FILTER, rule: 'amazon:fill' }))).toEqual(['x.jpg']);
    expect(countBy([sure, item], ({ broken: rulesOf }) => rulesOf)).toEqual([['amazon:fill', 1]]);
  });
});

describe('the brush', () => {
  const blank = () => ({ width: 20, height: 10, data: new Uint8Array(200) });
  const spot = { x: 10, y: 5, radius: 3, softness: 0, value: 255 } as const;

  test('restores a round spot and nothing else, and says where', () => {
    const mask = blank();

    const dirty = stampInto(mask, spot);

    const painted = mask.data.reduce((sum, value) => sum + (value === 255 ? 1 : 0), 0);
    // A circle of radius 3 has an area of 28.3 px.
    expect(painted).toBeGreaterThanOrEqual(26);
    expect(painted).toBeLessThanOrEqual(32);
    expect(mask.data[5 * 20 + 10]).toBe(255);
    expect(mask.data[5 * 20 + 14]).toBe(0);
    expect(dirty).toEqual({ left: 7, top: 2, right: 14, bottom: 9 });
  });

  test('never lessens what it restores, nor adds to what it erases', () => {
    const mask = blank();
    mask.data.fill(200);

    stampInto(mask, { ...spot, softness: 1 });
    const restored = Math.min(...mask.data);
    mask.data.fill(100);
    stampInto(mask, { ...spot, softness: 1, value: 0 });

    expect(restored).toBe(200);
    expect(Math.max(...mask.data)).toBe(100);
  });

  test('leaves no gap in a fast stroke, and stays inside the mask', () => {
    const mask = blank();

    const dirty = strokeInto(mask, { x: -5, y: 5 }, { ...spot, x: 25, radius: 2 });

    expect([...mask.data.subarray(100, 120)]).toEqual(Array(20).fill(255));
    expect(dirty).toMatchObject({ left: 0, right: 20 });
  });
});

describe('the words', () => {
  test('are in Chinese wherever they are in English, but for names', () => {
    const untranslated = Object.entries(ZH).flatMap(([name, text]) =>
      typeof text === 'string' && !/\p{Script=Han}/u.test(text) ? [name] : [],
    );

    expect(untranslated).toEqual(['language']);
    expect(Object.keys(ZH).sort()).toEqual(Object.keys(EN).sort());
  });
});
