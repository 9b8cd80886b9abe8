import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { temporaryFolder, writeFiles } from '../../support/folders.ts';
import { boxOnWhite } from '../../support/rasters.ts';
import { runCutline } from '../../support/run-cutline.ts';

/** A square listing on white whose subject covers `fill` of the frame along both axes. */
async function writeListing(folder: string, name: string, fill: number): Promise<void> {
  const side = 1000;
  const edge = Math.round((side * (1 - fill)) / 2);
  const box = { left: edge, top: edge, width: side - 2 * edge, height: side - 2 * edge };
  const { data } = boxOnWhite({ width: side, height: side }, box);
  const bytes = await sharp(data, { raw: { width: side, height: side, channels: 3 } })
    .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
    .toBuffer();
  writeFileSync(join(folder, name), bytes);
}

test('passes a folder of good listings and only mentions advice', async () => {
  const folder = temporaryFolder();
  await writeListing(folder, 'good.jpg', 0.9);

  const { exitCode, stdout } = await runCutline(['verify', folder, '--preset', 'amazon']);

  expect(exitCode).toBe(0);
  expect(stdout.toString()).toMatch(
    /^pass {2}amazon {8}good\.jpg\n {6}should {2}longest_side .* 1,000 {2}asked: 1,600 or more\n/,
  );
  expect(stdout.toString()).toContain('1 checked: 1 pass, 0 fail');
});

test('names the rule, the value and the limit of each picture that fails, and what cannot be read', async () => {
  const folder = temporaryFolder();
  await writeListing(folder, 'good.jpg', 0.9);
  await writeListing(folder, 'small.jpg', 0.5);
  writeFiles(folder, ['text.jpg'], 'not a picture');

  const { exitCode, stdout } = await runCutline(['verify', folder, '--preset', 'amazon', '--json']);

  expect(exitCode).toBe(1);
  const lines = stdout.toString().trimEnd().split('\n');
  const [good, small, text, totals] = lines.map((line) => JSON.parse(line));
  expect([good.passed, small.passed, text.passed]).toEqual([true, false, false]);
  expect(small.rules).toContainEqual({ check: 'fill', level: 'must', value: 0.5, min: 0.85, passed: false });
  expect(text.error).toContain('Expected a photo');
  expect(totals).toEqual({ totals: { checked: 3, passed: 1, failed: 2 } });
});

test.each([
  [['verify', 'nowhere', '--preset', 'amazon'], /Expected a folder of photos, got nowhere/],
  [['verify', '.'], /Expected at least one --preset/],
  [['verify', '.', '--preset', 'amazn'], /Expected a preset out of .* got amazn/],
  [['verify', '.', '--preset', 'transparent'], /Expected a preset with rules to check, got transparent/],
])('takes %j for wrong usage', async (args, message) => {
  const { exitCode, stderr } = await runCutline(args);

  expect(exitCode).toBe(2);
  expect(stderr).toMatch(message);
});
