import { expect, test } from 'vitest';
import { ModelManifest } from '#functions/contract/manifest.ts';
import { tinyModel } from '#test/support/tiny-model.ts';

const { manifest } = tinyModel();

test('a complete manifest is accepted as it is', () => {
  expect(ModelManifest.parse(JSON.parse(JSON.stringify(manifest)))).toEqual(manifest);
});

test.each([
  ['an id that is no folder name', { id: '../isnet' }],
  ['an id in capitals', { id: 'IsNet' }],
  ['another family', { family: 'resnet' }],
  ['an input of no width', { input: { ...manifest.input, width: 0 } }],
  ['an input of half a pixel', { input: { ...manifest.input, height: 320.5 } }],
  ['a scale nobody knows', { input: { ...manifest.input, scale: 'by127' } }],
  ['two means', { input: { ...manifest.input, mean: [0, 0] } }],
  ['a short checksum', { sha256: 'abc' }],
  ['a checksum in capitals', { sha256: 'A'.repeat(64) }],
  ['no licence', { licence: '' }],
  ['no bytes', { bytes: 0 }],
  ['a score in words', { scores: { ecssd: { mae: 'low' } } }],
])('%s is refused', (_, change) => {
  expect(ModelManifest.safeParse({ ...manifest, ...change }).success).toBe(false);
});
