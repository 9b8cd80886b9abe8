import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
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
