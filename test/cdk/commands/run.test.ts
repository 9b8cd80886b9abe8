import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { drawDisc, photo } from '../../support/drawn-photo.ts';
import { foldersWith, temporaryFolder, writeFiles } from '../../support/folders.ts';
import { endOf, runCutline, startCutline } from '../../support/run-cutline.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';

const jpeg = () => photo(drawDisc(96, 72)).jpeg().toBuffer();

/** A source folder with one drawn photo under each name, its target, and a model. */
async function catalogue(names: readonly string[]) {
  const folders = foldersWith([]);
  const bytes = await jpeg();
  for (const name of names) writeFileSync(join(folders.src, name), bytes);
  return { ...folders, model: await writeTinyModel(temporaryFolder()) };
}

test('cuts out a folder and names what was rejected', async () => {
  const { src, dst, model } = await catalogue(['a.jpg', 'b.jpg']);
  writeFiles(src, ['text.jpg'], 'not a photo');

  const { exitCode, stdout } = await runCutline(['run', src, dst, '--model', model, '--workers', '1']);

  expect(exitCode).toBe(1);
  expect(stdout.toString()).toMatch(
    /^3 photos: 2 done.*, 1 rejected, in .*\n {2}rejected {2}text\.jpg \(not_a_photo\): /,
  );
  expect(stdout.toString()).toContain(`Report: ${join(dst, 'report.html')}`);
  const cutout = await sharp(join(dst, 'cutouts/a.png')).metadata();
  expect([cutout.width, cutout.height, cutout.hasAlpha]).toEqual([96, 72, true]);
  const report = JSON.parse(readFileSync(join(dst, 'report.json'), 'utf8'));
  expect(report.totals).toMatchObject({ photos: 3, done: 2, rejected: 1, failed: 0 });
});

test('writes a line of JSON a photo and one with the totals', async () => {
  const { src, dst, model } = await catalogue(['a.jpg', 'b.jpg']);

  const { exitCode, stdout } = await runCutline(['run', src, dst, '--model', model, '--json', '--format', 'webp']);

  expect(exitCode).toBe(0);
  const lines = stdout.toString().trimEnd().split('\n');
  const [first, second, last] = lines.map((line) => JSON.parse(line));
  expect([first, second].sort((a, b) => (a.key < b.key ? -1 : 1))).toMatchObject([
    { key: 'a.jpg', status: 'done', outputs: ['cutouts/a.webp'] },
    { key: 'b.jpg', status: 'done', outputs: ['cutouts/b.webp'] },
  ]);
  expect(last).toMatchObject({ totals: { photos: 2, done: 2 }, report: join(dst, 'report.html') });
});

test('cuts out one photo from stdin to stdout', async () => {
  const model = await writeTinyModel(temporaryFolder());

  const { exitCode, stdout } = await runCutline(['run', '-', '-', '--model', model, '--format', 'jpeg'], await jpeg());

  expect(exitCode).toBe(0);
  const { format, width, height } = await sharp(stdout).metadata();
  expect([format, width, height]).toEqual(['jpeg', 96, 72]);
});

test('says of one photo that can never succeed why', async () => {
  const model = await writeTinyModel(temporaryFolder());

  const { exitCode, stdout, stderr } = await runCutline(['run', '-', '-', '--model', model], Buffer.from('no photo'));

  expect([exitCode, stdout.length]).toEqual([1, 0]);
  expect(stderr).toMatch(/^cutline: Expected a photo .*\n$/);
});

test('finishes the photos in hand at Ctrl-C, and the rest when it is run again', async () => {
  const names = Array.from({ length: 100 }, (_, n) => `photo-${n}.jpg`);
  const { src, dst, model } = await catalogue(names);
  const args = ['run', src, dst, '--model', model, '--json', '--workers', '1'];
  const interrupted = startCutline(args);
  interrupted.stdout?.once('data', () => interrupted.kill('SIGINT'));

  const first = await endOf(interrupted);
  const second = await runCutline(args);

  expect(first.exitCode).toBe(130);
  expect(first.stderr).toContain('Run the same command again');
  expect(existsSync(join(dst, 'cutouts/photo-99.png'))).toBe(true);
  expect(second.exitCode).toBe(0);
  expect(JSON.parse(second.stdout.toString().trimEnd().split('\n').at(-1) ?? '').totals.done).toBe(100);
});

test('goes on with photos that arrive while it watches', async () => {
  const { src, dst, model } = await catalogue(['a.jpg']);
  const watching = startCutline(['run', src, dst, '--model', model, '--json', '--workers', '1', '--watch']);
  const ended = endOf(watching);
  const [first] = await once(watching.stdout ?? watching, 'data');

  writeFileSync(join(src, 'late.jpg'), await jpeg());
  const [second] = await once(watching.stdout ?? watching, 'data');
  watching.kill('SIGINT');
  const { exitCode } = await ended;

  expect([first, second].map((line) => JSON.parse(String(line)).key)).toEqual(['a.jpg', 'late.jpg']);
  expect(exitCode).toBe(0);
  expect(JSON.parse(readFileSync(join(dst, 'report.json'), 'utf8')).totals.done).toBe(2);
});

test.for([
  [['run', 'nowhere', 'out'], /^cutline: Expected a folder of photos, got nowhere/],
  [['run', '.', 'out', '--format', 'gif'], /^error: option '--format <format>' argument 'gif' is invalid/],
  [['run', '.', 'out', '--workers', '0'], /^error: option '--workers <n>' argument '0' is invalid/],
  [['run', '.', 'out', '--bogus'], /^error: unknown option '--bogus'/],
  [
    ['run', '.', 'out', '--model', 'bogus'],
    /^cutline: Expected one of fast, balanced, quality, a model out of .*, got bogus/,
  ],
  [['run', 'package.json', 'out'], /^cutline: Expected a folder of photos, got package\.json\. For one photo: /],
  [['start', 'photos'], /^cutline: Expected SRC and DST/],
] as const)('takes %j for wrong usage', async ([args, message]) => {
  const { exitCode, stderr } = await runCutline(args);

  expect(exitCode).toBe(2);
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
});

test('makes several listings of each photo and shows each of them, with the rules it breaks', async () => {
  const { src, dst, model } = await catalogue(['a.jpg']);

  const { exitCode } = await runCutline([
    ...['run', src, dst, '--model', model, '--workers', '1'],
    ...['--preset', 'white-square', '--preset', 'amazon'],
  ]);

  expect(exitCode).toBe(0);
  const listing = await sharp(join(dst, 'amazon/a.jpg')).metadata();
  expect([listing.format, listing.width === listing.height]).toEqual(['jpeg', true]);
  const page = readFileSync(join(dst, 'report.html'), 'utf8');
  expect(page).toContain('alt="white-square of a.jpg"');
  expect(page).toContain('alt="amazon of a.jpg"');
  expect(page).toMatch(/<b>amazon:<\/b> the longest side in px is \d+, asked: 500 to 10,000/);
});

test('sends what is in doubt through a bigger model, and marks what stays doubtful', async () => {
  const { src, dst, model } = await catalogue(['a.jpg']);
  const bigger = await writeTinyModel(temporaryFolder());
  const limits = ['--review-below', '1', '--escalate', bigger];

  const { exitCode } = await runCutline(['run', src, dst, '--model', model, '--workers', '1', ...limits]);

  expect(exitCode).toBe(0);
  const record = JSON.parse(readFileSync(join(dst, 'records/a.jpg.json'), 'utf8'));
  expect(record).toMatchObject({ verdict: 'review', escalation: { kept: 'second', agreement: 1 } });
});

test('makes no cutout of what is less sure than asked', async () => {
  const { src, dst, model } = await catalogue(['a.jpg']);

  const { exitCode, stdout } = await runCutline(['run', src, dst, '--model', model, '--reject-below', '1']);

  expect(exitCode).toBe(1);
  expect(stdout.toString()).toContain('a.jpg (too_doubtful): ');
  expect(existsSync(join(dst, 'cutouts/a.png'))).toBe(false);
});

test('says which background picture is none before it starts', async () => {
  const { src, dst, model } = await catalogue(['a.jpg']);
  writeFiles(dst, ['wall.jpg'], 'no picture');

  const wall = join(dst, 'wall.jpg');
  const { exitCode, stderr } = await runCutline(['run', src, dst, '--model', model, '--background-image', wall]);

  expect(exitCode).toBe(2);
  expect(stderr).toBe(`cutline: Expected a picture for the background, got ${wall}, which is none that can be read\n`);
});
