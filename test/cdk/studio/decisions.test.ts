import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Item } from '#cdk/studio/protocol.ts';
import { presetsOfRecord } from '#cdk/studio/server/record-presets.ts';
import { BUILT_IN_PRESETS } from '#functions/contract/built-in-presets.ts';
import { type PhotoRecord, PhotoRecord as Records } from '#functions/contract/record.ts';
import { sharp } from '#functions/imaging/codec.ts';
import { drawDisc, photo } from '#test/support/drawn-photo.ts';
import { runReal } from '#test/support/real-run.ts';
import { ask, openTestStudio, type TestStudio } from '#test/support/studio.ts';
import { doneRecord } from '../report/photo-records.ts';

/** A studio over one photo of a dark disc that the real pipeline has cut out with the tiny network. */
async function studioOfDisc(
  preset = 'transparent',
  edges: string | null = null,
): Promise<{ studio: TestStudio; item: Item }> {
  const bytes = await photo(drawDisc(120, 90)).jpeg().toBuffer();
  const studio = await openTestStudio({ photos: { 'disc.jpg': bytes } });
  const choice = { model: 'tiny', presets: preset.split(','), edges };
  await ask(studio, '/api/runs', { json: { keys: ['disc.jpg'], choice } });
  const runs = async () => (await ask(studio, '/api/session')).json;
  await expect.poll(runs, { timeout: 20_000 }).toMatchObject({ runs: [{ state: 'done' }] });
  return { studio, item: await onlyItem(studio) };
}

async function items(studio: TestStudio): Promise<Item[]> {
  return (await ask(studio, '/api/items')).json as Item[];
}

async function onlyItem(studio: TestStudio): Promise<Item> {
  const [item] = await items(studio);
  if (item === undefined) throw new Error('Expected an item');
  return item;
}

async function recordOn(studio: TestStudio): Promise<PhotoRecord> {
  return Records.parse(JSON.parse(await readFile(join(studio.dst, 'records/disc.jpg.json'), 'utf8')));
}

async function greyOf(file: Buffer): Promise<Buffer> {
  return await sharp(file).extractChannel(0).raw().toBuffer();
}

function decide(studio: TestStudio, item: Item, verdict: 'approved' | 'refused' | null) {
  return ask(studio, '/api/decisions', { json: { key: item.key, etag: item.etag, verdict } });
}

describe('a decision', () => {
  test('is in the record: when, and what the machine had said', async () => {
    const { studio, item } = await studioOfDisc();

    const answer = await decide(studio, item, 'approved');

    const record = await recordOn(studio);
    expect(answer.status).toBe(200);
    expect(record).toMatchObject({ verdict: 'ok', decision: { verdict: 'approved', before: item.verdict } });
    expect(Date.parse((record.status === 'done' && record.decision?.at) || '')).toBeGreaterThan(Date.now() - 60_000);
  });

  test('about many leaves alone what changed meanwhile, and says how that is now', async () => {
    const keys = ['a.jpg', 'b.jpg', 'c.jpg'];
    const results = Object.fromEntries(keys.map((key) => [`records/${key}.json`, JSON.stringify(doneRecord(key))]));
    const studio = await openTestStudio({ results });
    const seen = (await items(studio)).map(({ key, etag }) => ({ key, etag }));
    const changed = JSON.stringify(doneRecord('b.jpg', { confidence: 0.123 }));
    await writeFile(join(studio.dst, 'records/b.jpg.json'), changed);
    await rm(join(studio.dst, 'records/c.jpg.json'));

    const answer = await ask(studio, '/api/decisions/many', { json: { photos: seen, verdict: 'approved' } });

    expect(answer.json).toMatchObject({
      items: [{ key: 'a.jpg', decision: 'approved' }],
      left: [{ key: 'b.jpg', decision: null, confidence: 0.123 }],
    });
    expect(await readFile(join(studio.dst, 'records/b.jpg.json'), 'utf8')).toBe(changed);
  });

  test('to refuse takes the files out of the folder that is published, and back when it is undone', async () => {
    const { studio, item } = await studioOfDisc('transparent,white');
    const places = ['cutouts/disc.png', 'white/disc.jpg'];
    const [before = ''] = await Promise.all(places.map((place) => readFile(join(studio.dst, place), 'base64')));

    const refused = await decide(studio, item, 'refused');
    const away = places.map((place) => [
      existsSync(join(studio.dst, place)),
      existsSync(join(studio.dst, 'refused', place)),
    ]);
    const undone = await decide(studio, refused.json as Item, null);

    expect(refused.json).toMatchObject({ verdict: 'rejected', decision: 'refused' });
    expect(away).toEqual([
      [false, true],
      [false, true],
    ]);
    expect(undone.json).toMatchObject({ verdict: item.verdict, decision: null });
    expect(await readFile(join(studio.dst, 'cutouts/disc.png'), 'base64')).toBe(before);
    expect(existsSync(join(studio.dst, 'refused/cutouts/disc.png'))).toBe(false);
  });

  test('stays when the same command is run again, and the report says so', async () => {
    const { studio, item } = await studioOfDisc();
    await decide(studio, item, 'refused');
    const before = await recordOn(studio);

    await runReal({ src: studio.photos, dst: studio.dst, model: join(studio.dst, '../tiny') });

    expect(await recordOn(studio)).toEqual(before);
    const csv = (await ask(studio, '/api/report.csv')).body.toString();
    expect(csv.split('\n')[1]).toMatch(/disc\.jpg,done,rejected,.*,refused\r?$/);
  });

  test('of the later of two tabs is told what the earlier one decided', async () => {
    const { studio, item } = await studioOfDisc();

    const answers = await Promise.all([decide(studio, item, 'approved'), decide(studio, item, 'refused')]);

    const [won, lost] = answers.sort((a, b) => a.status - b.status);
    expect([won?.status, lost?.status]).toEqual([200, 409]);
    expect(lost?.json).toMatchObject({ code: 'conflict', item: won?.json });
    const { outputs } = await recordOn(studio);
    for (const { key } of outputs) expect(existsSync(join(studio.dst, key))).toBe(true);
  });

  test('about a record that vanished is answered so', async () => {
    const { studio, item } = await studioOfDisc();
    await rm(join(studio.dst, 'records/disc.jpg.json'));

    const answer = await decide(studio, item, 'approved');

    expect(answer.status).toBe(404);
    expect(answer.json).toMatchObject({ code: 'vanished' });
  });

  test('writes the report of the folder anew when the studio ends', async () => {
    const { studio, item } = await studioOfDisc();
    await decide(studio, item, 'refused');

    await studio.close();

    const report = JSON.parse(await readFile(join(studio.dst, 'report.json'), 'utf8'));
    expect(report.photos).toMatchObject([{ key: 'disc.jpg', verdict: 'rejected', decision: 'refused' }]);
  });
});

describe('a corrected mask', () => {
  /** All of the photo's left half, nothing of its right. */
  async function leftHalf(): Promise<Buffer> {
    const data = Buffer.alloc(120 * 90);
    for (let i = 0; i < data.length; i++) data[i] = i % 120 < 60 ? 255 : 0;
    return await sharp(data, { raw: { width: 120, height: 90, channels: 1 } })
      .png()
      .toBuffer();
  }

  function retouch(studio: TestStudio, item: Item, mask: Uint8Array, correction = 'yes') {
    const query = new URLSearchParams({ key: item.key, etag: item.etag, correction });
    return ask(studio, `/api/mask?${query}`, { method: 'PUT', body: mask, headers: { 'content-type': 'image/png' } });
  }

  test('makes every output anew through its preset, and counts as approved', async () => {
    const { studio, item } = await studioOfDisc('transparent,white');

    const answer = await retouch(studio, item, await leftHalf());

    expect(answer.json).toMatchObject({ verdict: 'ok', decision: 'approved' });
    const cutout = await sharp(join(studio.dst, 'cutouts/disc.png')).extractChannel('alpha').raw().toBuffer();
    expect([cutout[45 * 120 + 59], cutout[45 * 120 + 60]]).toEqual([255, 0]);
    const white = await sharp(join(studio.dst, 'white/disc.jpg')).raw().toBuffer();
    expect(white[(45 * 120 + 100) * 3]).toBe(255);
    const record = await recordOn(studio);
    expect(record).toHaveProperty('retouchedAt');
    const data = await greyOf((await ask(studio, '/api/mask?key=disc.jpg')).body);
    expect([data[45 * 120 + 59], data[45 * 120 + 60]]).toEqual([255, 0]);
  });

  test('and the mask before it put back give the very file of the pipeline', async () => {
    const { studio, item } = await studioOfDisc();
    const before = await readFile(join(studio.dst, 'cutouts/disc.png'), 'base64');
    const mask = (await ask(studio, '/api/mask?key=disc.jpg')).body;
    const corrected = await retouch(studio, item, await leftHalf());

    const undone = await retouch(studio, corrected.json as Item, mask, 'no');

    expect(undone.json).toMatchObject({ verdict: item.verdict, decision: null });
    expect((await readFile(join(studio.dst, 'cutouts/disc.png'), 'base64')) === before).toBe(true);
  });

  test('of another size is refused', async () => {
    const { studio, item } = await studioOfDisc();
    const small = await sharp({ create: { width: 2, height: 2, channels: 3, background: '#fff' } })
      .png()
      .toBuffer();

    const answer = await retouch(studio, item, small);

    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ code: 'bad_mask' });
  });

  test('is found again for outputs that do not show it, by the same network', async () => {
    const { studio } = await studioOfDisc('white');

    const answer = await ask(studio, '/api/mask?key=disc.jpg');

    const data = await greyOf(answer.body);
    expect(data.length).toBe(120 * 90);
    expect(data[36 * 120 + 42]).toBeGreaterThan(250);
    expect(data[80 * 120 + 110]).toBeLessThan(30);
  });

  test('is what the next look at the mask starts from, where no output shows it', async () => {
    const { studio, item } = await studioOfDisc('white');

    await retouch(studio, item, await leftHalf());

    const data = await greyOf((await ask(studio, '/api/mask?key=disc.jpg')).body);
    expect([data[45 * 120 + 59], data[45 * 120 + 60]]).toEqual([255, 0]);
    expect(await readdir(join(studio.dst, 'retouched'))).toEqual(['disc.png']);
  });

  test('is rendered with the edges that the run had asked for', async () => {
    const { studio, item } = await studioOfDisc('transparent', 'fast');
    const before = await readFile(join(studio.dst, 'cutouts/disc.png'), 'base64');
    const mask = (await ask(studio, '/api/mask?key=disc.jpg')).body;

    await retouch(studio, item, mask, 'no');

    expect(await readFile(join(studio.dst, 'cutouts/disc.png'), 'base64')).toBe(before);
    const record = await recordOn(studio);
    if (record.status !== 'done') throw new Error(`Expected a done record, got ${record.status}`);
    const [preset] = presetsOfRecord(record, BUILT_IN_PRESETS);
    expect(preset?.edges).toBe('fast');
  });
});

describe('a trial', () => {
  test('leaves what stands as it is, and takes its place when it is kept', async () => {
    const { studio, item } = await studioOfDisc();
    const choice = { model: 'tiny', presets: ['white'], edges: null };

    const trial = (await ask(studio, '/api/trials', { json: { key: item.key, choice } })).json as { id: string };
    const shown = await ask(studio, `/api/trial-output?id=${trial.id}&index=0`);
    const untouched = await onlyItem(studio);
    const kept = await ask(studio, '/api/trials/keep', { json: { id: trial.id, etag: item.etag } });

    expect((await sharp(shown.body).metadata()).format).toBe('jpeg');
    expect(untouched).toEqual(item);
    expect(kept.json).toMatchObject({ key: 'disc.jpg', preset: 'white' });
    expect(existsSync(join(studio.dst, 'cutouts/disc.png'))).toBe(false);
    const record = await recordOn(studio);
    await runReal({ src: studio.photos, dst: studio.dst, model: join(studio.dst, '../tiny') });
    expect(record).toMatchObject({ source: { key: 'disc.jpg' }, outputs: [{ key: 'cutouts/disc.jpg' }] });
  });
});

describe('a download', () => {
  test('holds the outputs under their keys, and the table', async () => {
    const { studio } = await studioOfDisc('transparent,white');

    const { id } = (await ask(studio, '/api/downloads', { json: { keys: ['disc.jpg'] } })).json as { id: string };
    const zip = await ask(studio, `/api/downloads?id=${id}`);

    const names = zip.body.toString('latin1').match(/(cutouts\/disc\.png|white\/disc\.jpg|report\.csv|missing\.txt)/g);
    expect(zip.headers['content-type']).toBe('application/zip');
    expect(new Set(names)).toEqual(new Set(['cutouts/disc.png', 'white/disc.jpg', 'report.csv']));
    expect(zip.body.includes(await readFile(join(studio.dst, 'cutouts/disc.png')))).toBe(true);
  });

  test('names what vanished', async () => {
    const { studio } = await studioOfDisc('transparent,white');
    await rm(join(studio.dst, 'white/disc.jpg'));

    const { id } = (await ask(studio, '/api/downloads', { json: { keys: null } })).json as { id: string };
    const zip = await ask(studio, `/api/downloads?id=${id}`);

    expect(zip.body.includes('missing.txt')).toBe(true);
  });
});

describe('photos that come in', () => {
  const put = (studio: TestStudio, name: string, body: Uint8Array) =>
    ask(studio, `/api/photos?${new URLSearchParams({ name })}`, { method: 'PUT', body });

  test('keep out of the way of others with their name, and are the same photo when they are', async () => {
    const there = await photo(drawDisc(40, 30)).jpeg().toBuffer();
    const other = await photo(drawDisc(50, 30)).jpeg().toBuffer();
    const studio = await openTestStudio({ photos: { 'shoe.jpg': there } });

    const same = await put(studio, 'shoe.jpg', there);
    const different = await put(studio, 'shoe.jpg', other);
    const again = await put(studio, 'shoe.jpg', other);

    expect([same.json, different.json, again.json]).toEqual([
      { key: 'shoe.jpg' },
      { key: 'shoe-2.jpg' },
      { key: 'shoe-2.jpg' },
    ]);
    expect(await readFile(join(studio.photos, 'shoe.jpg'))).toEqual(there);
  });

  test('with a hostile name are cut out under it', async () => {
    const name = '<img src=x onerror=alert(1)>.jpg';
    const studio = await openTestStudio();
    const { key } = (await put(studio, name, await photo(drawDisc(40, 30)).jpeg().toBuffer())).json as { key: string };

    await ask(studio, '/api/runs', {
      json: { keys: [key], choice: { model: 'tiny', presets: ['transparent'], edges: null } },
    });

    await expect
      .poll(async () => await items(studio), { timeout: 20_000 })
      .toMatchObject([{ key: name, status: 'done' }]);
  });
});
