import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { localRunner } from '#cdk/studio/server/run-photos.ts';
import { BUILT_IN_PRESETS } from '#functions/contract/built-in-presets.ts';
import { readPackedModel } from '#models/pack.ts';
import { drawDisc, photo } from '#test/support/drawn-photo.ts';
import { writeFiles } from '#test/support/folders.ts';
import { runCli } from '#test/support/run-cli.ts';
import { writeTinyModel } from '#test/support/tiny-model.ts';

let work: string;
let src: string;
let dst: string;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'cutline-target-'));
  [src, dst] = [join(work, 'photos'), join(work, 'cutouts')];
  writeFiles(src, ['text.jpg'], 'no photo');
  await writeFile(join(src, 'disc.jpg'), await photo(drawDisc(60, 40)).jpeg().toBuffer());
  const model = await writeTinyModel(join(work, 'model'));
  await runCli(['run', src, dst, '--model', model, '--workers', '1']);
}, 60_000);
afterAll(() => rm(work, { recursive: true }));

const text = (result: { stdout: Buffer }) => result.stdout.toString();

test('status says of a folder what it says of a batch, a photo that came since included', async () => {
  const before = await runCli(['status', dst]);
  await writeFile(join(src, 'later.jpg'), await photo(drawDisc(40, 60)).jpeg().toBuffer());
  const after = await runCli(['status', dst, '--json']);

  expect(text(before)).toContain('2/2 photos: 1 done');
  expect(before.exitCode).toBe(1);
  expect(JSON.parse(text(after))).toMatchObject({ photos: 3, done: 1, rejected: 1, waiting: 1, costUsd: null });
});

test('retry does what was chosen as the run before did, and its report is of all photos', async () => {
  const failed = await runCli(['retry', dst, '--failed']);
  const again = await runCli(['retry', dst, '--changed', '--preset', 'mask']);

  expect(text(failed)).toContain('3 photos: 2 done');
  expect(text(again)).toContain('3 photos: 2 done');
  const { photos } = JSON.parse(await readFile(join(dst, 'report.json'), 'utf8'));
  expect(photos.map(({ key, preset }: Record<string, string>) => [key, preset])).toEqual([
    ['disc.jpg', 'mask'],
    ['later.jpg', 'mask'],
    ['text.jpg', 'mask'],
  ]);
});

test('report is written anew', async () => {
  await rm(join(dst, 'report.html'));

  const result = await runCli(['report', dst]);

  expect(text(result)).toContain(`Report: ${join(dst, 'report.html')}`);
  expect(await readFile(join(dst, 'report.html'), 'utf8')).toContain('disc.jpg');
});

test('photos that were dropped in the studio are counted, shown and done again beside those of the run', async () => {
  const dropped = join(dst, 'photos');
  await mkdir(dropped);
  await writeFile(join(dropped, 'dropped.jpg'), await photo(drawDisc(50, 50)).jpeg().toBuffer());
  const model = await readPackedModel(join(work, 'model'));
  const run = localRunner({ presets: BUILT_IN_PRESETS, model, workers: 1 });
  const choice = { model: model.manifest.id, presets: ['white'], edges: null };
  const ignore = { onProgress: () => {}, onPhoto: () => {}, onFailure: () => {} };
  await run({ src: dropped, dst }, { keys: ['dropped.jpg'], choice }, ignore, new AbortController().signal);

  const status = await runCli(['status', dst, '--json']);
  const report = await runCli(['report', dst]);
  const page = await readFile(join(dst, 'report.html'), 'utf8');
  const again = await runCli(['retry', dst, '--changed', '--preset', 'transparent']);

  expect(JSON.parse(text(status))).toMatchObject({ photos: 4, done: 3, rejected: 1 });
  expect(text(report)).toContain('4 photos: 3 done');
  // Linked where it lies.
  expect(page).toContain('href="photos/dropped.jpg"');
  expect(text(again)).toContain('4 photos: 3 done');
  const { photos } = JSON.parse(await readFile(join(dst, 'report.json'), 'utf8'));
  expect(photos.map(({ key, preset }: Record<string, string>) => [key, preset])).toEqual([
    ['disc.jpg', 'transparent'],
    ['dropped.jpg', 'transparent'],
    ['later.jpg', 'transparent'],
    ['text.jpg', 'transparent'],
  ]);
});
