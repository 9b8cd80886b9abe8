import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { parse } from 'csv-parse/sync';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, type TestContext, test as vitestTest } from 'vitest';
import { ensureSample } from '#cdk/commands/sample-catalogue.ts';
import { openFolderPlace } from '#cdk/studio/server/folder-place.ts';
import { localRunner } from '#cdk/studio/server/run-photos.ts';
import { type RunningStudio, startStudio } from '#cdk/studio/server/start-studio.ts';
import { BUILT_IN_PRESETS } from '#functions/contract/built-in-presets.ts';
import { PhotoRecord } from '#functions/contract/record.ts';
import { sharp } from '#functions/imaging/codec.ts';
import { readPackedModel } from '#models/pack.ts';
import { startChromium } from '#test/support/browser.ts';
import { drawDisc, photo } from '#test/support/drawn-photo.ts';
import { readZip } from '#test/support/read-zip.ts';
import { runCutline } from '#test/support/run-cutline.ts';
import { writeTinyModel } from '#test/support/tiny-model.ts';
import { doneRecord } from '../cdk/report/photo-records.ts';

/** As many as take some ten seconds on two quiet cores. */
const REAL_PHOTOS = 8;
const HOSTILE = '<img src=x onerror=alert(1)>.jpg';

let browser: Browser | null = null;
let work: string;
let dst: string;
let studio: RunningStudio;
let context: BrowserContext;
let page: Page;
/** What a page must never do: errors, and requests to anybody else. */
let complaints: string[];

beforeAll(async () => {
  browser = await startChromium();
});
afterAll(async () => await browser?.close());
beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'cutline-studio-flow-'));
  dst = join(work, 'cutouts');
  await mkdir(join(dst, 'records'), { recursive: true });
});
afterEach(async () => {
  await context?.close();
  await studio?.close();
  await rm(work, { recursive: true, force: true });
});

/** A test that says so where there is no browser. */
function test(name: string, run: () => Promise<void>): void {
  vitestTest(name, async (context: TestContext) => {
    if (browser === null) context.skip('NOT RUN: there is no Chromium');
    await run().catch(sayWhatWasShown);
  });
}

/** What came instead of what was waited for: a time that ran out does not say it. */
async function sayWhatWasShown(cause: unknown): Promise<never> {
  const shown = await page?.evaluate<string>('document.body.innerText').catch(String);
  throw new Error(['Expected something else of this page:', shown, ...(complaints ?? [])].join('\n'), { cause });
}

interface OpenOptions {
  readonly locale?: string;
  readonly model?: string;
  readonly presets?: readonly string[];
}

async function openStudio(options: OpenOptions = {}): Promise<void> {
  const { locale = 'en-US', model: chosen = 'tiny', presets = ['transparent'] } = options;
  const model = await readPackedModel(await writeTinyModel(join(work, 'tiny')));
  const run = localRunner({ presets: BUILT_IN_PRESETS, model, workers: 2 });
  studio = await startStudio({
    store: await openFolderPlace({ dst, run }),
    run,
    presets: BUILT_IN_PRESETS,
    defaults: { model: chosen, presets, edges: null },
    model,
  });
  if (browser === null) throw new Error('Expected a browser');
  context = await browser.newContext({ locale, viewport: { width: 1440, height: 900 } });
  page = await context.newPage();
  complaints = [];
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('dialog', (dialog) => complaints.push(`dialog: ${dialog.message()}`));
  page.on('console', (line) => line.type() === 'error' && complaints.push(line.text()));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(studio.origin) && !/^(blob|data):/.test(url)) complaints.push(`asked ${url}`);
  });
  await page.goto(studio.address);
}

/** Drops files on the page, as a hand does. */
async function drop(files: Readonly<Record<string, Buffer>>): Promise<void> {
  const contents = Object.entries(files).map(([name, bytes]) => [name, bytes.toString('base64')] as const);
  const transfer = await page.evaluateHandle(
    `((files) => {
      const transfer = new DataTransfer();
      for (const [name, text] of files) {
        transfer.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name));
      }
      return transfer;
    })(${JSON.stringify(contents)})`,
  );
  for (const type of ['dragenter', 'dragover', 'drop'])
    await page.dispatchEvent('#app', type, { dataTransfer: transfer });
}

/** The same with files of a disk, whose bytes a browser reads itself. */
async function dropFiles(paths: readonly string[]): Promise<void> {
  await page.evaluate(`document.body.append(Object.assign(document.createElement('input'), {
    type: 'file', multiple: true, id: 'hand', ariaLabel: 'The hand of this test',
  }))`);
  await page.setInputFiles('#hand', [...paths]);
  await page.evaluate(`(() => {
    const hand = document.getElementById('hand');
    const transfer = new DataTransfer();
    for (const file of hand.files) transfer.items.add(file);
    hand.remove();
    for (const type of ['dragenter', 'dragover', 'drop']) {
      const event = new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true });
      document.getElementById('app').dispatchEvent(event);
    }
  })()`);
}

async function disc(width = 160, height = 120): Promise<Buffer> {
  return await photo(drawDisc(width, height)).jpeg().toBuffer();
}

async function serious(): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

async function recordOf(key: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(dst, 'records', `${key}.json`), 'utf8'));
}

test('photos that are dropped are cut out, corrected, decided, undone and downloaded', async () => {
  await openStudio();

  await drop({
    'shoe.jpg': await disc(),
    'bag.jpg': await disc(170, 120),
    [HOSTILE]: await disc(180, 120),
    'note.jpg': Buffer.from('text'),
  });
  await page.getByRole('button', { name: '1 not taken' }).click();
  await page.getByText('Not a photo that can be read.').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('.run.done').waitFor();
  await expect.poll(() => page.locator('.tile').count()).toBe(3);

  // Review by keyboard: approve, refuse, take the refusal back.
  await page.getByRole('searchbox').fill('shoe');
  await expect.poll(() => page.locator('.tile').count()).toBe(1);
  await page.getByRole('searchbox').fill('');
  await page.getByLabel('Order').selectOption('name');
  await page.getByRole('button', { name: 'Open bag.jpg' }).click();
  await page.getByRole('button', { name: 'Approve' }).waitFor();
  await page.keyboard.press('a');
  await page.locator('h2', { hasText: 'shoe.jpg' }).waitFor();
  await page.keyboard.press('r');
  await page.locator('.verdict.refused').waitFor();
  await expect
    .poll(() => recordOf('shoe.jpg'))
    .toMatchObject({ verdict: 'rejected', decision: { verdict: 'refused' } });
  await page.keyboard.press('u');
  await expect.poll(() => recordOf('shoe.jpg')).not.toHaveProperty('decision');
  expect(await recordOf('bag.jpg')).toMatchObject({ verdict: 'ok', decision: { verdict: 'approved' } });

  // Compare: the mask, then the slider by keyboard.
  await page.keyboard.press('m');
  await page.getByAltText('Mask: shoe.jpg').waitFor();
  await page.keyboard.press('m');
  await page.getByRole('slider', { name: 'Divider between photo and cutout' }).press('ArrowLeft');

  // The brush: a stroke through a corner, through the real compose.
  await page.getByRole('button', { name: 'Correct by hand' }).click();
  const canvas = page.getByRole('img', { name: 'The mask over the photo' });
  await canvas.waitFor();
  const box = await canvas.boundingBox();
  if (box === null) throw new Error('Expected a canvas in sight');
  await page.mouse.move(box.x + box.width * 0.9, box.y + box.height * 0.9);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.92, box.y + box.height * 0.9, { steps: 3 });
  await page.mouse.up();
  await page.getByRole('button', { name: 'Save and approve' }).click();
  await expect.poll(() => recordOf('shoe.jpg')).toHaveProperty('retouchedAt');
  const alpha = await sharp(join(dst, 'cutouts/shoe.png')).extractChannel('alpha').raw().toBuffer();
  expect(alpha[108 * 160 + 145]).toBe(255);
  await canvas.waitFor({ state: 'detached' });

  // Download what is selected, and read what the table says.
  await page.keyboard.press('Escape');
  await page.getByLabel('Select shoe.jpg').check();
  await page.getByRole('button', { name: 'Download' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: '1 selected (zip)' }).click(),
  ]);
  const zip = await readFile(await download.path());
  expect(zip.includes('cutouts/shoe.png')).toBe(true);
  expect(zip.includes('cutouts/bag.png')).toBe(false);
  // What is filtered is in the address: a page that is loaded again shows the same.
  await page.getByRole('radio', { name: 'Approved' }).check();
  await page.reload();
  await expect.poll(() => page.locator('.tile').count()).toBe(2);
  const csv = await page.evaluate<string>(`fetch('/api/report.csv').then((response) => response.text())`);
  expect(csv).toMatch(/bag\.jpg,done,ok,.*,approved/);
  expect(csv).toMatch(/shoe\.jpg,done,ok,.*,approved/);
  expect(complaints.filter((line) => !line.includes('415'))).toEqual([]);
});

test('real photos that are dropped are cut out, sorted by doubt, decided at once and accounted for', async () => {
  const sample = await ensureSample().catch(() => null);
  if (sample === null) return void console.warn('NOT RUN: the sample photos could not be fetched');
  const names = (await readdir(sample.photos)).sort().slice(0, REAL_PHOTOS);
  await openStudio({ model: 'fast', presets: ['transparent', 'amazon'] });

  await dropFiles(names.map((name) => join(sample.photos, name)));
  // They appear one by one, before all are done.
  await page.locator('.tile').first().waitFor();
  const whileRunning = await page.locator('.run.done').count();
  await page.locator('.run.done').waitFor({ timeout: 60_000 });
  await expect.poll(() => page.locator('.tile').count()).toBe(REAL_PHOTOS);
  const records = await Promise.all(names.map(async (name) => PhotoRecord.parse(await recordOf(name))));
  const sure = records
    .filter((record) => record.status === 'done' && record.confidence >= 0.9)
    .map(({ source }) => source.key);
  await page.getByLabel('At least this sure').selectOption('0.9');
  await expect.poll(() => page.locator('.tile').count()).toBe(sure.length);
  await page.getByRole('button', { name: 'Select all shown' }).click();
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByText(`Approved: ${sure.length} photos`).waitFor();
  await page.getByRole('button', { name: 'Download' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'All cutouts (zip)' }).click(),
  ]);
  const zip = readZip(await readFile(await download.path()));
  const approved = async () => {
    const text = await readFile(join(dst, 'report.csv'), 'utf8').catch(() => '');
    const rows = parse<{ readonly key: string; readonly decision: string }>(text, { columns: true, bom: true });
    return rows.flatMap(({ key, decision }) => (decision === 'approved' ? [key] : [])).sort();
  };
  await expect.poll(approved, { timeout: 20_000 }).toEqual([...sure].sort());
  const { stdout } = await runCutline(['report', dst]);

  expect(whileRunning).toBe(0);
  expect(sure.length).toBeGreaterThan(0);
  const outputs = records.flatMap((record) => record.outputs.map(({ key }) => key));
  expect([...zip.keys()].sort()).toEqual([...outputs, 'report.csv'].sort());
  expect(stdout.toString()).toContain(`${REAL_PHOTOS} photos: ${REAL_PHOTOS} done`);
  expect(complaints).toEqual([]);
});

test('another way is tried beside what stands, and taken', async () => {
  await openStudio();
  await drop({ 'shoe.jpg': await disc() });
  await page.getByRole('button', { name: 'Open shoe.jpg' }).click();

  await page.getByRole('button', { name: 'Try another way' }).click();
  await page.locator('.trial-form').getByText('tiny').click();
  await page.locator('.trial-form').getByLabel('white', { exact: true }).check();
  await page.locator('.trial-form').getByLabel('transparent').uncheck();
  await page.getByRole('button', { name: 'Try it' }).click();
  await page.getByRole('button', { name: 'Use the new one' }).click();

  await expect.poll(() => recordOf('shoe.jpg')).toMatchObject({ preset: 'white' });
});

test('who decides later in another tab is told, and a record that vanished is said to be gone', async () => {
  for (const key of ['a.jpg', 'b.jpg']) {
    await writeFile(join(dst, 'records', `${key}.json`), JSON.stringify(doneRecord(key, { verdict: 'review' })));
  }
  await openStudio();
  await page.getByRole('button', { name: 'Review 2' }).click();
  await page.getByRole('button', { name: 'Approve' }).waitFor();
  const items = await page.evaluate<{ key: string; etag: string }[]>(`fetch('/api/items').then((r) => r.json())`);
  // The other tab is another connection; what this one hears of it is held back.
  await page.route('**/api/events', (route) => route.abort());
  const [first] = items;
  await writeFile(join(dst, 'records/a.jpg.json'), JSON.stringify(doneRecord('a.jpg', { verdict: 'ok' })));

  await page.keyboard.press('a');
  await page.getByText('was decided or cut out elsewhere meanwhile').waitFor();
  await rm(join(dst, 'records/a.jpg.json'));
  await page.keyboard.press('a');
  await page.getByText('The record of this photo is gone').first().waitFor();

  expect(first?.key).toBe('a.jpg');
});

test('every view is free of serious findings, in both languages, light and dark, wide and narrow', async () => {
  await openStudio({ locale: 'zh-CN' });
  await drop({ 'shoe.jpg': await disc(), 'bag.jpg': await disc(170, 120) });
  await page.getByRole('button', { name: '添加照片' }).click();
  const found = await serious();
  await page.keyboard.press('Escape');
  await expect.poll(() => page.locator('.tile').count(), { timeout: 20_000 }).toBe(2);
  found.push(...(await serious()));
  await page.emulateMedia({ colorScheme: 'dark' });
  found.push(...(await serious()));
  await page.locator('.tile .face').first().click();
  await page.getByRole('button', { name: '通过' }).waitFor();
  found.push(...(await serious()));
  await page.setViewportSize({ width: 390, height: 844 });
  found.push(...(await serious()));
  await page.emulateMedia({ colorScheme: 'light' });
  await page.getByRole('button', { name: '手动修正' }).click();
  await page.getByRole('img', { name: '叠在照片上的蒙版' }).waitFor();
  found.push(...(await serious()));

  expect(found).toEqual([]);
  expect(await page.getAttribute('html', 'lang')).toBe('zh-CN');
  expect(complaints).toEqual([]);
});

test('an end of the server is said, and so is an address without its token', async () => {
  await openStudio();
  await page.locator('.center').waitFor();

  await studio.close();

  await page.getByText('server does not answer').waitFor();
  const { origin } = studio;
  expect(origin).toMatch(/^http:\/\/127\.0\.0\.1:/);
});

test('five thousand photos are listed with only those in sight drawn, and scrolled without drawing them anew', async () => {
  const writing = Array.from({ length: 5_000 }, async (_, n) => {
    const key = `item-${String(n).padStart(4, '0')}.jpg`;
    const changes = { verdict: n % 5 === 0 ? 'review' : 'ok', confidence: n / 5_000 } as const;
    await writeFile(join(dst, 'records', `${key}.json`), JSON.stringify(doneRecord(key, changes)));
  });
  await Promise.all(writing);
  await openStudio();
  await page.getByText('5,000 photos').waitFor();

  const drawn = await page.locator('.tile').count();
  const events = await traceOf(['cc', 'toplevel'], () => page.evaluate(SCROLL_100_FRAMES));
  await page.evaluate(`document.querySelector('.grid').scrollTop = 1e9`);
  await page.getByText('item-4999.jpg').waitFor();
  await page.getByRole('radio', { name: 'To check' }).check();
  await page.getByText('1,000 photos').waitFor();

  expect(drawn).toBeGreaterThan(5);
  expect(drawn).toBeLessThan(80);
  // A screen has 24 pieces of 256 px: drawn anew in each of 100 frames, they would be 2,400.
  const pieces = events.filter(({ name }) => name === 'RasterTask').length;
  expect(pieces).toBeGreaterThan(0);
  expect(pieces).toBeLessThan(600);
  // Time of the processor, not of the clock: whatever else the machine does.
  const longestUs = Math.max(...events.filter(({ name }) => name === 'RunTask').map(({ tdur = 0 }) => tdur));
  expect(longestUs).toBeLessThan(50_000);
});

const SCROLL_100_FRAMES = `(async () => {
  const grid = document.querySelector('.grid');
  for (let n = 0; n < 100; n++) {
    grid.scrollTop += 40;
    await new Promise(requestAnimationFrame);
  }
})()`;

interface TraceEvent {
  readonly name: string;
  /** Of its thread's processor, microseconds. */
  readonly tdur?: number;
}

/** What Chromium did while `act` ran. */
async function traceOf(includedCategories: string[], act: () => Promise<unknown>): Promise<TraceEvent[]> {
  if (browser === null) throw new Error('Expected a browser');
  const session = await browser.newBrowserCDPSession();
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  const ended = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories } });
  await act();
  await session.send('Tracing.end');
  await ended;
  await session.detach();
  return events;
}
