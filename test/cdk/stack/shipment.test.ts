import { existsSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { prepareShipment } from '#cdk/shipment.ts';
import { temporaryFolder, writeFiles } from '#test/support/folders.ts';

const settings = { model: 'tiny', architecture: 'arm64', packaging: 'zip' } as const;
const PACKAGES = ['onnxruntime-node', 'sharp'];

/** A project whose lock file pins two packages, and a folder where everything of them is packed. */
function packedProject(): { project: string; folder: string } {
  const [project, folder] = [temporaryFolder(), temporaryFolder()];
  const packages = Object.fromEntries(
    PACKAGES.map((name) => [`node_modules/${name}`, { version: '1.0.0', integrity: 'sha512-x' }]),
  );
  writeFileSync(join(project, 'package-lock.json'), JSON.stringify({ packages }));
  const manifests = PACKAGES.map((name) => `runtime/arm64/nodejs/node_modules/${name}/package.json`);
  writeFiles(folder, manifests, '{"version": "1.0.0"}');
  writeFiles(folder, ['opt/models/tiny/manifest.json', 'opt/models/tiny/model.onnx']);
  return { project, folder };
}

test('puts the function and its Dockerfile beside what is packed', async () => {
  const { project, folder } = packedProject();

  const shipment = await prepareShipment(settings, { project, folder });

  expect(shipment).toMatchObject({ folder, missing: undefined });
  expect(shipment.unzippedBytes).toBe(sizeOf([join(folder, 'function'), join(folder, 'opt'), join(folder, 'runtime')]));
  expect(existsSync(join(folder, 'function/index.mjs'))).toBe(true);
  expect(existsSync(join(folder, 'Dockerfile'))).toBe(true);
});

test('says what to run when a layer is missing or of an older version', async () => {
  const { project, folder } = packedProject();
  writeFiles(folder, ['runtime/arm64/nodejs/node_modules/sharp/package.json'], '{"version": "0.9.0"}');

  const outdated = await prepareShipment(settings, { project, folder });
  const nothing = await prepareShipment(settings, { project, folder: temporaryFolder() });

  const command = 'npm run layer -- tiny --runtime arm64';
  expect([outdated.missing, nothing.missing]).toEqual([command, command]);
});

test('refuses a .zip function that is too large unzipped, but not an image', async () => {
  const { project, folder } = packedProject();
  truncateSync(join(folder, 'opt/models/tiny/model.onnx'), 262_000_000);

  await expect(prepareShipment(settings, { project, folder })).rejects.toMatchObject({
    code: 'too_large',
    message: expect.stringContaining('-c packaging=image'),
  });
  await expect(prepareShipment({ ...settings, packaging: 'image' }, { project, folder })).resolves.toBeDefined();
});

describe('with a bigger model for doubtful photos', () => {
  const both = { ...settings, escalate: 'bigger' };

  test('asks for both models until both are packed', async () => {
    const { project, folder } = packedProject();

    const before = await prepareShipment(both, { project, folder });
    writeFiles(folder, ['opt/models/bigger/manifest.json', 'opt/models/bigger/model.onnx']);
    const after = await prepareShipment(both, { project, folder });

    expect(before.missing).toBe('npm run layer -- tiny bigger --runtime arm64');
    expect(after.missing).toBeUndefined();
  });

  test('counts both towards what a .zip function may take', async () => {
    const { project, folder } = packedProject();
    writeFiles(folder, ['opt/models/bigger/manifest.json', 'opt/models/bigger/model.onnx']);
    // One fits alone.
    for (const model of ['tiny', 'bigger']) truncateSync(join(folder, `opt/models/${model}/model.onnx`), 140_000_000);

    await expect(prepareShipment(settings, { project, folder })).resolves.toBeDefined();
    await expect(prepareShipment(both, { project, folder })).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringContaining('tiny and bigger'),
    });
  });
});

function sizeOf(folders: readonly string[]): number {
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => statSync(join(folder, name))),
  );
  return files.reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0);
}
