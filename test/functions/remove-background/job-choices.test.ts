import { beforeAll, describe, expect, test } from 'vitest';
import { BUILT_IN_PRESETS } from '#functions/contract/built-in-presets.ts';
import { CutoutJob } from '#functions/contract/job.ts';
import { PhotoRecord } from '#functions/contract/record.ts';
import { sharp } from '#functions/imaging/codec.ts';
import { PHOTO_LIMITS_DEFAULTS } from '#functions/imaging/decode.ts';
import { type Network, Segmenter } from '#functions/imaging/segment.ts';
import { Workspace } from '#functions/imaging/workspace.ts';
import { type ProcessDeps, processJob } from '#functions/remove-background/process-job.ts';
import { MemoryStore } from '#test/support/memory-store.ts';
import { boxOnWhite } from '#test/support/rasters.ts';
import { tinyModel } from '#test/support/tiny-model.ts';

const job = { bucket: 'photos', key: 'shoe.jpg' };

let network: Network;
let first: Buffer;

beforeAll(async () => {
  const { bytes, manifest } = tinyModel();
  network = await Segmenter.open(bytes, manifest);
  const size = { width: 32, height: 32 };
  const { data } = boxOnWhite(size, { left: 8, top: 8, width: 8, height: 8 });
  first = await sharp(data, { raw: { ...size, channels: 3 } })
    .jpeg({ quality: 95 })
    .toBuffer();
});

function depsFor(store: MemoryStore, overrides: Partial<ProcessDeps> = {}): ProcessDeps {
  const transparent = BUILT_IN_PRESETS.get('transparent');
  if (transparent === undefined) throw new Error('Expected a preset for what nobody asks for');
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

function recordIn(store: MemoryStore): PhotoRecord {
  return PhotoRecord.parse(JSON.parse(new TextDecoder().decode(store.results.get('records/shoe.jpg.json'))));
}

describe('a job of its own', () => {
  const look = { id: 'look', content: 'cutout', background: 'transparent', format: 'webp' } as const;

  test('may bring whole presets', async () => {
    const store = new MemoryStore();
    store.photos.set('shoe.jpg', first);

    const { presets } = CutoutJob.parse({ ...job, presets: [look] });
    await processJob({ ...job, presets }, 1, depsFor(store));

    expect([...store.results.keys()].sort()).toEqual(['cutouts/shoe.webp', 'records/shoe.jpg.json']);
  });

  test('may say where to look, which makes it another piece of work', async () => {
    const store = new MemoryStore();
    store.photos.set('shoe.jpg', first);
    await processJob(job, 1, depsFor(store));
    const whole = recordIn(store);

    const { roi } = CutoutJob.parse({ ...job, roi: '50% 50% 100% 100%' });
    await processJob({ ...job, roi }, 1, depsFor(store));

    expect(recordIn(store)).toMatchObject({ mask: { box: null }, reasons: ['empty_mask'] });
    expect(recordIn(store).fingerprint).not.toBe(whole.fingerprint);
  });

  test('is rejected when it names a background picture that the workers do not carry', async () => {
    const store = new MemoryStore();
    store.photos.set('shoe.jpg', first);
    const background = { image: '/elsewhere/wall.jpg', sha256: 'a'.repeat(64) };

    const { presets } = CutoutJob.parse({ ...job, presets: [{ ...look, background }] });
    await processJob({ ...job, presets }, 1, depsFor(store));

    expect(recordIn(store)).toMatchObject({ status: 'rejected', code: 'background_missing' });
  });

  test('cannot ask for ids and presets at once', () => {
    expect(CutoutJob.safeParse({ ...job, preset: 'white', presets: [look] }).success).toBe(false);
  });
});

describe('in doubt', () => {
  /** A network that sees the subject but faintly, as another file of weights would. */
  const faint: Network = {
    manifest: { ...tinyModel().manifest, id: 'faint', sha256: 'f'.repeat(64) },
    segment: async (image) => {
      const { data, ...size } = await network.segment(image);
      return { ...size, data: data.map((value) => value * 0.6) };
    },
  };

  async function recordOf(change: object, overrides: Partial<ProcessDeps>): Promise<PhotoRecord> {
    const store = new MemoryStore();
    store.photos.set('shoe.jpg', first);
    await processJob({ ...job, ...change }, 1, depsFor(store, overrides));
    return recordIn(store);
  }

  test('a bigger network looks, too, and the surer mask becomes the cutout', async () => {
    const record = await recordOf({}, { segmenter: faint, escalation: network });

    expect(record).toMatchObject({
      status: 'done',
      verdict: 'ok',
      model: { id: 'tiny' },
      escalation: {
        first: { model: { id: 'faint' }, verdict: 'review' },
        second: { model: { id: 'tiny' } },
        kept: 'second',
      },
    });
    expect(record.status === 'done' ? record.escalation?.agreement : 0).toBeGreaterThan(0.9);
  });

  test('the first mask stays where the bigger network is even less sure', async () => {
    const blind: Network = { ...faint, segment: async () => ({ width: 1, height: 1, data: new Float32Array(1) }) };

    const record = await recordOf({}, { segmenter: faint, escalation: blind });

    expect(record).toMatchObject({ verdict: 'review', escalation: { kept: 'first', agreement: 0 } });
    expect(record).toMatchObject({ reasons: expect.arrayContaining(['models_disagree']) });
  });

  test('no other network looks at what is certain', async () => {
    const never: Network = { ...faint, segment: async () => Promise.reject(new Error('Expected no second look')) };

    const record = await recordOf({}, { escalation: never });

    expect(record).toMatchObject({ status: 'done', verdict: 'ok', model: { id: 'tiny' } });
    expect(record).not.toHaveProperty('escalation');
  });

  test('a job can do without the bigger network, and cannot have one that is not there', async () => {
    const deps = { segmenter: faint, escalation: network };

    expect(await recordOf({ escalate: 'none' }, deps)).not.toHaveProperty('escalation');
    expect(await recordOf({ escalate: 'tiny' }, deps)).toHaveProperty('escalation');
    expect(await recordOf({ escalate: 'huge' }, deps)).toMatchObject({ code: 'model_unavailable' });
    expect(await recordOf({ escalate: 'tiny' }, {})).toMatchObject({ code: 'model_unavailable' });
  });

  test('a photo below the limit gets no cutout, and a record of why', async () => {
    const record = await recordOf({}, { segmenter: faint, thresholds: { rejectBelow: 0.9 } });

    expect(record).toMatchObject({ status: 'rejected', code: 'too_doubtful', outputs: [] });
    expect(record).toMatchObject({ judgement: { reasons: expect.arrayContaining(['soft_mask']) } });
  });

  test('the same photo is judged the same twice, to the last digit', async () => {
    const [once, again] = [await recordOf({}, {}), await recordOf({}, {})];

    expect(again).toEqual(once);
    expect(once).toHaveProperty('features.softness');
  });

  test('another limit is other work', async () => {
    const [usual, strict] = [await recordOf({}, {}), await recordOf({}, { thresholds: { reviewBelow: 0.99 } })];

    expect(strict.fingerprint).not.toBe(usual.fingerprint);
  });
});
