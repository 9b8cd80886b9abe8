import { expect, test } from 'vitest';
import { fingerprint } from '#functions/contract/fingerprint.ts';
import { Preset } from '#functions/contract/preset.ts';

const preset = Preset.parse({ id: 'white', content: 'cutout', background: { r: 1, g: 2, b: 3 }, format: 'png' });
const judging = { reviewBelow: 0.5, rejectBelow: 0, calibrationSha256: 'd'.repeat(64), escalationSha256: null };
const parts = { etag: 'e1', presets: [preset], modelSha256: 'a'.repeat(64), judging };

test("the same work has the same fingerprint, whatever the order of the preset's keys", () => {
  const reordered = Preset.parse({ format: 'png', background: { b: 3, g: 2, r: 1 }, content: 'cutout', id: 'white' });

  expect(fingerprint({ ...parts, presets: [reordered] })).toBe(fingerprint(parts));
});

test.each([
  ['photo', { etag: 'e2' }],
  ['model', { modelSha256: 'b'.repeat(64) }],
  ["preset's id", { presets: [{ ...preset, id: 'other' }] }],
  ["preset's colour", { presets: [{ ...preset, background: { r: 1, g: 2, b: 4 } }] }],
  ["preset's format", { presets: [{ ...preset, format: 'webp' as const }] }],
  ["preset's quality", { presets: [{ ...preset, quality: 80 }] }],
  ['handling of transparency', { presets: [{ ...preset, existingAlpha: 'keep' as const }] }],
  ['kind of edges', { presets: [{ ...preset, edges: 'fast' as const }] }],
  ['limit for a review', { judging: { ...judging, reviewBelow: 0.6 } }],
  ['limit for a rejection', { judging: { ...judging, rejectBelow: 0.1 } }],
  ['calibration', { judging: { ...judging, calibrationSha256: 'e'.repeat(64) } }],
  ['bigger network', { judging: { ...judging, escalationSha256: 'c'.repeat(64) } }],
  ['number of presets', { presets: [preset, { ...preset, id: 'other' }] }],
  ['preset, for one that is unknown', { presets: { unknown: 'white' } }],
])('another %s gives another fingerprint', (_, change) => {
  expect(fingerprint({ ...parts, ...change })).not.toBe(fingerprint(parts));
});

test('parts that run into each other do not give the same fingerprint', () => {
  const a = fingerprint({ ...parts, etag: 'x","y' });
  const b = fingerprint({ ...parts, etag: 'x' });

  expect(a).not.toBe(b);
});
