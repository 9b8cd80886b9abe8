import { beforeAll, describe, expect, test } from 'vitest';
import { BUILT_IN_PRESETS } from '#functions/contract/built-in-presets.ts';
import { photoMetadata } from '#functions/contract/photo-metadata.ts';
import { Preset } from '#functions/contract/preset.ts';
import { PhotoRecord } from '#functions/contract/record.ts';
import { sharp } from '#functions/imaging/codec.ts';
import { PHOTO_LIMITS_DEFAULTS } from '#functions/imaging/decode.ts';
import { type Network, Segmenter } from '#functions/imaging/segment.ts';
import { Workspace } from '#functions/imaging/workspace.ts';
import type { PhotoStore } from '#functions/remove-background/photo-store.ts';
import { type ProcessDeps, processJob } from '#functions/remove-background/process-job.ts';
import { Gates } from '#test/support/gated-store.ts';
import { MemoryStore } from '#test/support/memory-store.ts';
import { tinyModel } from '#test/support/tiny-model.ts';

const job = { bucket: 'photos', key: 'shoe.jpg' };
const transparent = BUILT_IN_PRESETS.get('transparent') as Preset;

let network: Network;
/** Two photos of the same shoe: the dark square is 8 px wide in the first and 16 px in the second. */
let first: Buffer;
let second: Buffer;

beforeAll(async () => {
  const { bytes, manifest } = tinyModel();
  network = await Segmenter.open(bytes, manifest);
  [first, second] = await Promise.all([photoOfSquare(8), photoOfSquare(16)]);
});

async function photoOfSquare(sizePx: number): Promise<Buffer> {
  const square = { create: { width: sizePx, height: sizePx, channels: 3, background: '#202020' } } as const;
  return await sharp({ create: { width: 32, height: 32, channels: 3, background: '#ffffff' } })
    .composite([{ input: await sharp(square).png().toBuffer(), left: 8, top: 8 }])
    .jpeg({ quality: 95 })
    .toBuffer();
}

function depsFor(store: PhotoStore, overrides: Partial<ProcessDeps> = {}): ProcessDeps {
  return {
    store,
    segmenter: network,
    workspace: new Workspace(),
    presets: BUILT_IN_PRESETS,
    defaultPresets: [transparent],
    limits: PHOTO_LIMITS_DEFAULTS,
    nowMs: () => 0,
    ...overrides,
  };
}

function recordIn(store: MemoryStore, key = 'records/shoe.jpg.json'): PhotoRecord {
  return PhotoRecord.parse(JSON.parse(new TextDecoder().decode(store.results.get(key))));
}

/** Width in pixels of what is opaque in the stored cutout. */
async function subjectWidthIn(store: MemoryStore): Promise<number> {
  const { info } = await sharp(store.results.get('cutouts/shoe.png'))
    .trim({ background: '#00000000' })
    .toBuffer({ resolveWithObject: true });
  return info.width;
}

describe('one worker', () => {
  test('leaves one cutout and one record that agree', async () => {
    const store = new MemoryStore();
    store.photos.set('shoe.jpg', first);

    const outcome = await processJob({ ...job, sku: 'S-1', batchId: 'b' }, 2, depsFor(store));

    expect(outcome.outcome).toBe('done');
    expect([...store.results.keys()].sort()).toEqual(['cutouts/shoe.png', 'records/shoe.jpg.json']);
    const record = recordIn(store);
    expect(record).toMatchObject({
      status: 'done',
      attempt: 2,
      batchId: 'b',
      source: { key: 'shoe.jpg', sku: 'S-1', width: 32, height: 32, format: 'jpeg', bytes: first.length },
      outputs: [
        { key: 'cutouts/shoe.png', width: 32, height: 32, bytes: store.results.get('cutouts/shoe.png')?.length },
      ],
    });
    expect(await subjectWidthIn(store)).toBeCloseTo(8, -0.5);
  });

  test('takes sku and batch from the metadata of an upload, which has no message to say them', async () => {
    const store = new MemoryStore();
    store.photos.set('shoe.jpg', first);
    const version = await store.photoVersion(job);
    const metadata = photoMetadata({ sku: 'Schuh-Größe 42', batchId: 'spring' });
    store.photoVersion = async () => (version === null ? null : { ...version, metadata });

    await processJob(job, 1, depsFor(store));

    expect(recordIn(store)).toMatchObject({ batchId: 'spring', source: { sku: 'Schuh-Größe 42' } });
  });

  test('does nothing for a photo that is done, and works again when any part of the job changed', async () => {
    const store = new MemoryStore();
    store.photos.set('shoe.jpg', first);
    await processJob(job, 1, depsFor(store));

    const again = await processJob(job, 1, depsFor(store));
    const webp = Preset.parse({ ...transparent, format: 'webp' });
    const otherPreset = await processJob(job, 1, depsFor(store, { defaultPresets: [webp] }));
    store.photos.set('shoe.jpg', second);
    const otherPhoto = await processJob(job, 1, depsFor(store, { defaultPresets: [webp] }));

    expect([again.outcome, otherPreset.outcome, otherPhoto.outcome]).toEqual(['unchanged', 'done', 'done']);
  });

  test('works again when its cutout was deleted', async () => {
    const store = new MemoryStore();
    store.photos.set('shoe.jpg', first);
    await processJob(job, 1, depsFor(store));
    store.results.delete('cutouts/shoe.png');

    expect((await processJob(job, 1, depsFor(store))).outcome).toBe('done');
    expect(store.results.has('cutouts/shoe.png')).toBe(true);
  });

  test('removes the cutout that only the old record named, when the format changes or the photo is now rejected', async () => {
    const store = new MemoryStore();
    store.photos.set('shoe.jpg', first);
    await processJob(job, 1, depsFor(store));

    await processJob(job, 1, depsFor(store, { defaultPresets: [Preset.parse({ ...transparent, format: 'webp' })] }));
    const afterFormat = [...store.results.keys()].sort();
    store.photos.set('shoe.jpg', first.subarray(0, 200));
    await processJob(job, 1, depsFor(store));

    expect(afterFormat).toEqual(['cutouts/shoe.webp', 'records/shoe.jpg.json']);
    expect([...store.results.keys()]).toEqual(['records/shoe.jpg.json']);
    expect(recordIn(store)).toMatchObject({ status: 'rejected', code: 'corrupt', outputs: [] });
  });

  test('replaces a record that cannot be read', async () => {
    const store = new MemoryStore();
    store.photos.set('shoe.jpg', first);
    store.results.set('records/shoe.jpg.json', new TextEncoder().encode('{ half'));

    expect((await processJob(job, 1, depsFor(store))).outcome).toBe('done');
    expect(recordIn(store).status).toBe('done');
  });

  test.each([
    ['source_missing', {}, undefined],
    ['unknown_preset', { preset: 'poster' }, 'photo'],
    ['model_unavailable', { model: 'huge' }, 'photo'],
    ['empty_file', {}, ''],
    ['not_a_photo', {}, 'just some text'],
  ])('rejects with %s, once and for good', async (code, extra, content) => {
    const store = new MemoryStore();
    const bytes = content === 'photo' ? first : content === undefined ? undefined : new TextEncoder().encode(content);
    if (bytes !== undefined) store.photos.set('shoe.jpg', bytes);

    const outcome = await processJob({ ...job, ...extra }, 1, depsFor(store));

    expect(outcome.outcome).toBe('rejected');
    expect(recordIn(store)).toMatchObject({ status: 'rejected', verdict: 'rejected', code });
  });

  test('takes a photo that was too large once the limit is raised', async () => {
    const store = new MemoryStore();
    store.photos.set('shoe.jpg', first);
    const tight = { maxBytes: 10, maxPixels: 1e6 };

    const before = await processJob(job, 1, depsFor(store, { limits: tight }));
    const after = await processJob(job, 1, depsFor(store));

    expect(before).toMatchObject({ outcome: 'rejected', record: { code: 'too_many_bytes' } });
    expect(after.outcome).toBe('done');
  });

  test('keeps what was made of a photo that was removed later', async () => {
    const store = new MemoryStore();
    store.photos.set('shoe.jpg', first);
    await processJob(job, 1, depsFor(store));
    store.photos.delete('shoe.jpg');

    expect((await processJob(job, 1, depsFor(store))).outcome).toBe('superseded');
    expect(recordIn(store).status).toBe('done');
  });

  test('chooses the preset by job field, then by folder', async () => {
    const store = new MemoryStore();
    store.photos.set('white/shoe.jpg', first);

    const byFolder = await processJob({ bucket: 'photos', key: 'white/shoe.jpg' }, 1, depsFor(store));
    const byJob = await processJob({ bucket: 'photos', key: 'white/shoe.jpg', preset: 'mask' }, 1, depsFor(store));

    expect(byFolder).toMatchObject({ record: { preset: 'white', outputs: [{ key: 'cutouts/white/shoe.jpg' }] } });
    expect(byJob).toMatchObject({ record: { preset: 'mask', outputs: [{ key: 'cutouts/white/shoe.png' }] } });
  });

  test('makes several renditions of one photo, and removes those that are no longer asked for', async () => {
    const store = new MemoryStore();
    store.photos.set('shoe.jpg', first);

    const several = await processJob({ ...job, preset: 'mask, amazon' }, 1, depsFor(store));
    const results = [...store.results.keys()].sort();
    await processJob({ ...job, preset: 'mask' }, 1, depsFor(store));

    expect(results).toEqual(['amazon/shoe.jpg', 'cutouts/shoe.png', 'records/shoe.jpg.json']);
    expect(several).toMatchObject({ record: { preset: 'mask,amazon' } });
    expect([...store.results.keys()].sort()).toEqual(['cutouts/shoe.png', 'records/shoe.jpg.json']);
  });

  test('says which rule a listing breaks, with its value and its limit, and that the photo is too small', async () => {
    const store = new MemoryStore();
    store.photos.set('shoe.jpg', second);

    await processJob({ ...job, preset: 'amazon' }, 1, depsFor(store));

    const record = recordIn(store);
    expect(record).toMatchObject({ verdict: 'review', reasons: ['rule_failed'] });
    expect(record.outputs[0]).toMatchObject({ scale: 1, notes: ['below_min_resolution'] });
    const longest = record.outputs[0]?.rules?.find(({ check }) => check === 'longest_side');
    expect(longest).toMatchObject({ level: 'must', min: 500, max: 10_000, passed: false });
    // 16 px of subject, give or take a cell of the network's grid, that are to fill 90 % of the frame.
    expect(Math.abs(Number(longest?.value) - 16 / 0.9)).toBeLessThan(2);
  });

  test('lets a passing fault of the store out, so that the message comes back', async () => {
    const store = new MemoryStore();
    store.photos.set('shoe.jpg', first);
    store.writeResult = async () => {
      throw new Error('no route to the store');
    };

    await expect(processJob(job, 1, depsFor(store))).rejects.toThrow('no route');
  });
});

describe('two workers', () => {
  /** What an undisturbed worker makes of the second photo. */
  async function expectedResults(overrides: Partial<ProcessDeps> = {}): Promise<Map<string, Uint8Array>> {
    const store = new MemoryStore();
    store.photos.set('shoe.jpg', second);
    await processJob(job, 1, depsFor(store, overrides));
    return store.results;
  }

  /** How many calls an undisturbed worker makes: with one output, and with three. */
  test.each([
    ['one output', ['transparent'], 7],
    ['three outputs', ['transparent', 'white-square', 'mask'], 11],
  ])('the newer upload wins with %s, whichever worker is held up at whichever call', async (_, ids, calls) => {
    const overrides = { defaultPresets: ids.map((id) => BUILT_IN_PRESETS.get(id) as Preset) };
    const expected = await expectedResults(overrides);
    const seen = new Set<string>();

    // The old worker makes `early` calls before the upload, then the new one `between`; then one of them runs to its end first.
    for (let early = 0; early <= calls; early++) {
      for (let between = 0; between <= calls; between++) {
        for (const firstToEnd of ['old', 'new']) {
          const store = new MemoryStore();
          store.photos.set('shoe.jpg', first);
          const gates = new Gates();
          const work = (worker: string) => processJob(job, 1, depsFor(gates.storeOf(worker, store), overrides));
          const [old] = await gates.start('old', () => work('old'));
          for (let call = 0; call < early; call++) await gates.step('old');
          store.photos.set('shoe.jpg', second);
          const [newer] = await gates.start('new', () => work('new'));
          for (let call = 0; call < between; call++) await gates.step('new');
          await gates.finish(firstToEnd);
          await gates.finish('old');
          await gates.finish('new');
          const outcomes = await Promise.all([old, newer]);

          seen.add(outcomes.map((outcome) => outcome?.outcome).join('+'));
          expect(store.results, `early ${early}, between ${between}, ${firstToEnd} first`).toEqual(expected);
        }
      }
    }

    expect(expected.size).toBe(ids.length + 1);
    // The schedules did meet the interesting cases: the old worker was beaten in some and came first in others.
    expect(seen).toContain('superseded+done');
    expect(seen).toContain('done+done');
  });

  test('ten deliveries of the same event at once leave the bytes of one', async () => {
    const expected = await expectedResults();
    const store = new MemoryStore();
    store.photos.set('shoe.jpg', second);

    const outcomes = await Promise.all(Array.from({ length: 10 }, () => processJob(job, 1, depsFor(store))));

    expect(store.results).toEqual(expected);
    expect(outcomes.every(({ outcome }) => outcome === 'done' || outcome === 'unchanged')).toBe(true);
  });
});
