import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ModelManifest } from '#functions/contract/manifest.ts';
import { packModelLayer } from '#layers/model-layer.ts';
import { temporaryFolder } from '#test/support/folders.ts';
import { tinyModel, writeTinyModel } from '#test/support/tiny-model.ts';

test('packs a model where workers look for it', async () => {
  const out = temporaryFolder();

  const { folder, size } = await packModelLayer(await writeTinyModel(join(temporaryFolder(), 'tiny')), { out });

  expect(folder).toBe(join(out, 'opt/models/tiny'));
  expect(readdirSync(folder).sort()).toEqual(['manifest.json', 'model.onnx']);
  const model = readFileSync(join(folder, 'model.onnx'));
  const manifestText = readFileSync(join(folder, 'manifest.json'));
  const manifest = ModelManifest.parse(JSON.parse(manifestText.toString()));
  expect(createHash('sha256').update(model).digest('hex')).toBe(manifest.sha256);
  expect(size).toMatchObject({ files: 2, bytes: model.length + manifestText.length });
});

test('packs the same bytes, times and modes from another copy at another time', async () => {
  const source = await writeTinyModel(join(temporaryFolder(), 'tiny'));
  const copy = await writeTinyModel(join(temporaryFolder(), 'copy'));
  writeFileSync(join(copy, 'manifest.json'), JSON.stringify(tinyModel().manifest));

  const first = await packModelLayer(source, { out: temporaryFolder() });
  const second = await packModelLayer(copy, { out: temporaryFolder() });

  expect(second.size).toEqual(first.size);
  expect(describeTree(second.folder)).toEqual(describeTree(first.folder));
});

test('replaces a model that was packed before and leaves nothing else behind', async () => {
  const out = temporaryFolder();
  const source = await writeTinyModel(join(temporaryFolder(), 'tiny'));
  const { folder } = await packModelLayer(source, { out });
  writeFileSync(join(folder, 'left-over'), '');

  await packModelLayer(source, { out });

  expect(readdirSync(join(out, 'opt/models'))).toEqual(['tiny']);
  expect(readdirSync(folder).sort()).toEqual(['manifest.json', 'model.onnx']);
});

test('refuses a model whose file is not the one its manifest speaks of', async () => {
  const out = temporaryFolder();
  const source = await writeTinyModel(join(temporaryFolder(), 'tiny'));
  writeFileSync(join(source, 'model.onnx'), 'damaged');

  await expect(packModelLayer(source, { out })).rejects.toMatchObject({ code: 'checksum_mismatch' });
  expect(readdirSync(out)).toEqual([]);
});

function describeTree(folder: string) {
  return readdirSync(folder)
    .sort()
    .map((name) => {
      const { mode, mtimeMs } = statSync(join(folder, name));
      return { name, mode, mtimeMs, content: readFileSync(join(folder, name), 'base64') };
    });
}
