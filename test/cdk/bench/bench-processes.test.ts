import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeBenchPhotos } from '#cdk/bench/bench-photos.ts';
import { installImgly } from '#cdk/bench/install-imgly.ts';
import { ToolProcess } from '#cdk/bench/tool-process.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bench-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('says so when a tool’s process dies', async () => {
  const tool = new ToolProcess({ program: 'cutline', folder: join(folder, 'no model here'), hasVoice: false });

  const measuring = tool.measure({ photo: 'shoe.jpg', output: join(folder, 'shoe.png') });

  await expect(measuring).rejects.toThrow('cutline to cut out shoe.jpg, got: its process ended');
});

test('brings photos to the size asked for without changing their shape', async () => {
  for (const name of ['ruslan-bardash-351288-unsplash.jpg', 'thomas-serer-420833-unsplash.jpg']) {
    const photo = sharp({ create: { width: 120, height: 180, channels: 3, background: 'olive' } });
    await photo.jpeg().toFile(join(folder, name));
  }

  const files = await makeBenchPhotos(folder, { megapixels: 0.06, folder: join(folder, 'sized') });

  for (const file of files) expect(await sharp(file).metadata()).toMatchObject({ width: 200, height: 300 });
});

test('installs the peer into a project of its own, once, and without running scripts', async () => {
  const projects: unknown[] = [];
  const npm = async (args: readonly string[], project: string) => {
    expect(args).toEqual(['install']);
    projects.push(JSON.parse(await readFile(join(project, 'package.json'), 'utf8')));
  };

  const installed = await installImgly(folder, npm);
  await installImgly(folder, npm);

  expect(projects).toEqual([
    {
      private: true,
      dependencies: { '@imgly/background-removal-node': '1.4.5' },
      overrides: { sharp: '0.33.5' },
    },
  ]);
  expect(await readdir(installed)).toEqual(['package.json']);
});

test('leaves nothing half installed', async () => {
  const installing = installImgly(folder, () => Promise.reject(new Error('network is unreachable')));

  await expect(installing).rejects.toThrow('network is unreachable');
  expect(await readdir(join(folder, 'bench'))).toEqual([]);
});
