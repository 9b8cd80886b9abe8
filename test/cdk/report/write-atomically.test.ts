import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeAtomically } from '#cdk/report/write-atomically.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'write-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('leaves the old file and no litter when the new one fails half way', async () => {
  const path = join(folder, 'report.html');
  await writeAtomically(path, 'old');
  async function* halfAPage() {
    yield 'new';
    throw new Error('lost it');
  }

  const writing = writeAtomically(path, halfAPage());

  await expect(writing).rejects.toThrow('lost it');
  expect(await readFile(path, 'utf8')).toBe('old');
  expect(await readdir(folder)).toEqual(['report.html']);
});
