import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ReportInput, writeReport } from '#cdk/report/write-report.ts';
import { doneRecord, rejectedRecord } from './photo-records.ts';

const HOSTILE = '"><img src=x onerror=alert(1)>.jpg';
const times = { startedAt: new Date('2026-11-24T08:00:00Z'), endedAt: new Date('2026-11-24T08:01:30Z') };

let src: string;
let dst: string;
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'report-'));
  src = join(folder, 'photos');
  dst = join(folder, 'cutouts and more');
  await mkdir(src);
});
afterEach(() => rm(dirname(src), { recursive: true }));

async function addPhoto(key: string): Promise<ReportInput> {
  const record = doneRecord(key);
  for (const path of [join(src, key), join(dst, `cutouts/${key}.png`)]) {
    await mkdir(dirname(path), { recursive: true });
    const picture = sharp({ create: { width: 40, height: 30, channels: 3, background: 'teal' } });
    await writeFile(path, await picture.png().toBuffer());
  }
  return { key, status: 'done', record };
}

const page = () => readFile(join(dst, 'report.html'), 'utf8');
const count = (text: string, part: string) => text.split(part).length - 1;

test('leaves three files that all account for every input, and nothing else', async () => {
  const photos = [
    await addPhoto('👟/größe 1+1.jpg'),
    { key: 'broken.jpg', status: 'rejected', record: rejectedRecord('broken.jpg') } as const,
    { key: 'dead.jpg', status: 'failed', code: 'timeout' } as const,
  ];

  const report = await writeReport({ src, dst, photos, ...times });

  expect((await readdir(dst)).sort()).toEqual(['cutouts', 'report.csv', 'report.html', 'report.json']);
  expect(JSON.parse(await readFile(join(dst, 'report.json'), 'utf8'))).toEqual(report);
  expect(report.totals).toEqual({ photos: 3, done: 1, rejected: 1, failed: 1, review: 0 });
  expect((await readFile(join(dst, 'report.csv'), 'utf8')).trimEnd().split('\n')).toHaveLength(4);
  expect(count(await page(), '<li class="frame')).toBe(3);
});

test('shows photo and cutout inside the page and links the files', async () => {
  await writeReport({ src, dst, photos: [await addPhoto('shop/#1 50%.jpg')], ...times });

  const text = await page();
  expect(count(text, '<img src="data:image/webp;base64,')).toBe(2);
  expect(text).toContain('href="../photos/shop/%231%2050%25.jpg"');
  expect(text).toContain('href="cutouts/shop/%231%2050%25.jpg.png"');
});

test('asks no host for anything and runs no script', async () => {
  await writeReport({ src, dst, photos: [await addPhoto('a.jpg')], ...times });

  const text = await page();
  expect(text).not.toMatch(/<script|<link|<iframe|@import|url\(|https?:|\sstyle=|\son[a-z]+=/i);
  const style = text.slice(text.indexOf('<style>') + 7, text.indexOf('</style>'));
  const hash = createHash('sha256').update(style).digest('base64');
  expect(text).toContain(`default-src &#39;none&#39;; img-src data:; style-src &#39;sha256-${hash}&#39;;`);
});

test('shows a hostile file name as the text it is', async () => {
  const photos = [
    await addPhoto(HOSTILE),
    { key: 'b.jpg', status: 'failed', code: '<b>', message: '</p><script>alert(2)</script>' } as const,
  ];

  await writeReport({ src, dst, photos, ...times, maxFrames: 1 });
  const named = await page();
  await writeReport({ src, dst, photos, ...times });
  const shown = await page();

  for (const text of [named, shown]) {
    expect(text).not.toMatch(/<img src=x|<script|<b><\/code>/);
    expect(text).toContain('&lt;img src=x onerror=alert(1)&gt;');
  }
});

test('names the photos it does not show, and shows the worst', async () => {
  const photos = [await addPhoto('a.jpg'), await addPhoto('b.jpg'), { key: 'dead.jpg', status: 'failed' } as const];

  await writeReport({ src, dst, photos, ...times, maxFrames: 1 });

  const text = await page();
  expect(text).toMatch(/<li class="frame failed" id="f1">/);
  expect(count(text, '<img ')).toBe(0);
  expect(text).toContain('<h2>2 photos more</h2>');
  expect(text).toContain('<a href="../photos/a.jpg">a.jpg</a>');
});

test('says what a rejection means in words, with the code for the record', async () => {
  const record = rejectedRecord('a.jpg', { code: 'too_many_pixels', message: 'The photo has 900 million pixels.' });

  await writeReport({ src, dst, photos: [{ key: 'a.jpg', status: 'rejected', record }], ...times });

  expect(await page()).toContain(
    '<b>Too many pixels.</b> The photo has 900 million pixels. <code>too_many_pixels</code>',
  );
});

test('reports a batch without photos', async () => {
  const report = await writeReport({ src, dst, photos: [], ...times });

  expect(report.totals.photos).toBe(0);
  expect(await page()).toContain(`There are no photos in ${src}.`);
});

test('replaces an earlier report', async () => {
  await writeReport({ src, dst, photos: [{ key: 'old.jpg', status: 'failed' }], ...times });

  await writeReport({ src, dst, photos: [{ key: 'new.jpg', status: 'failed' }], ...times });

  expect(await page()).not.toContain('old.jpg');
});

test('says what a second look changed, and why a photo was too doubtful to keep', async () => {
  const opinion = (id: string, confidence: number) => ({
    model: { id, sha256: 'a'.repeat(64) },
    confidence,
    reasons: ['soft_mask' as const],
    verdict: 'review' as const,
  });
  const escalation = {
    first: opinion('small', 0.31),
    second: opinion('big', 0.87),
    kept: 'second' as const,
    agreement: 0.7,
  };
  const { confidence, reasons, mask } = doneRecord('b.jpg', { confidence: 0.12, reasons: ['low_contrast'] });
  const judgement = { confidence, reasons, mask };
  const photos: ReportInput[] = [
    { ...(await addPhoto('a.jpg')), record: doneRecord('a.jpg', { escalation, confidence: 0.87 }) },
    { key: 'b.jpg', status: 'rejected', record: rejectedRecord('b.jpg', { code: 'too_doubtful', judgement }) },
  ];

  await writeReport({ src, dst, photos, ...times });

  const text = await page();
  expect(text).toContain('small was 31% sure, big 87%: the cutout is big’s.');
  expect(text).toContain('12% sure');
  expect(text).toContain('looks much like its background');
  const [heading = '', ...rows] = (await readFile(join(dst, 'report.csv'), 'utf8')).trimEnd().split('\n');
  expect(heading).toMatch(/,escalatedTo,firstConfidence,decision$/);
  expect(rows.filter((row) => row.endsWith(',big,0.31,'))).toHaveLength(1);
});

test('names the preset of each picture where there are several', async () => {
  const photo = await addPhoto('a.jpg');
  const [output] = doneRecord('a.jpg').outputs;
  if (output === undefined) throw new Error('Expected an output');
  const outputs = [output, { ...output, preset: 'amazon' }];

  await writeReport({ src, dst, photos: [{ ...photo, record: doneRecord('a.jpg', { outputs }) }], ...times });

  expect(await page()).toContain('<span class="caption">amazon</span>');
});
