import { mkdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { Alpha, RgbImage } from '#functions/imaging/raster.ts';
import { seededRandom } from '#models/math/random.ts';
import { packModel } from '#models/pack.ts';
import { simplify } from '#models/steps/simplify.ts';
import { drawStudio, isSureMask, withBackdrop } from '#models/train/photos/backdrop.ts';
import { edgeEmphasis } from '#models/train/photos/emphasis.ts';
import { drawFraming, frame, WHOLE_PHOTO } from '#models/train/photos/framing.ts';
import { givenMasks } from '#models/train/photos/given-masks.ts';
import { splitPhotos } from '#models/train/photos/held-back.ts';
import { type MaskSource, parentMasks } from '#models/train/photos/parent-masks.ts';
import { recoloured, recompressed } from '#models/train/photos/recolour.ts';
import { sampleDrawer } from '#models/train/photos/samples.ts';
import { temporaryFolder } from '#test/support/folders.ts';
import { network } from '#test/support/models/network.ts';

const form = {
  width: 32,
  height: 32,
  scale: 'by255' as const,
  mean: [0, 0, 0] as [number, number, number],
  std: [1, 1, 1] as [number, number, number],
};

/** A red square on the left half of a grey photo, and its mask. */
function redLeft(size = 64): { image: RgbImage; mask: Alpha } {
  const isSubject = (i: number): boolean => i % size < size / 2;
  const colour = (i: number): number[] => (isSubject(i) ? [255, 0, 0] : [128, 128, 128]);
  return {
    image: {
      width: size,
      height: size,
      data: Uint8Array.from(Array.from({ length: size * size }, (_, i) => colour(i)).flat()),
    },
    mask: {
      width: size,
      height: size,
      data: Uint8Array.from({ length: size * size }, (_, i) => (isSubject(i) ? 255 : 0)),
    },
  };
}

const fixed: MaskSource = { id: 'fixed', read: async () => redLeft() };

test('holds back about the share asked for, and a photo stays on its side when others come', () => {
  const names = Array.from({ length: 1000 }, (_, i) => `/photos/set/${i}.jpg`);
  const options = { folder: '/photos', share: 0.1, seed: 1 };

  const few = splitPhotos(names.slice(0, 500), options);
  const many = splitPhotos(names, options);

  expect(many.heldBack.length).toBeGreaterThan(60);
  expect(many.heldBack.length).toBeLessThan(140);
  expect(many.heldBack.slice(0, few.heldBack.length)).toEqual(few.heldBack);
  expect(new Set([...many.learned, ...many.heldBack]).size).toBe(1000);
});

test('refuses a folder too small to hold anything back', () => {
  expect(() => splitPhotos(['/photos/a.jpg'], { folder: '/photos', share: 0.5, seed: 1 })).toThrow(/hold a part back/);
});

test("computes a parent's mask once and reads it from disk afterwards, as it was", async () => {
  const folder = temporaryFolder();
  const net = network({ height: 32 });
  const graph = simplify(net.graph([net.sigmoid(net.conv(net.input, 1))]));
  const facts = {
    id: 'parent',
    family: 'u2netp' as const,
    licence: 'MIT',
    origin: 'made',
    recipe: {},
    scores: {},
    input: form,
  };
  const parent = await packModel(graph, facts, join(folder, 'parent'));
  const photo = join(folder, 'photo.png');
  const { image } = redLeft();
  await sharp(image.data, { raw: { width: 64, height: 64, channels: 3 } }).toFile(photo);
  const cache = join(folder, 'cache');
  const first = parentMasks(parent, { cache });
  const second = parentMasks(parent, { cache });

  const [computed, again] = [await first.read(photo), await second.read(photo)];

  expect([first.computed(), second.computed()]).toEqual([1, 0]);
  expect(Buffer.compare(again.mask.data, computed.mask.data)).toBe(0);
  expect(new Set(computed.mask.data).size).toBeGreaterThan(1);
  expect(await readdir(join(cache, parent.manifest.sha256.slice(0, 16)))).toHaveLength(1);
});

test("takes ground truth where there is some and the parent's mask elsewhere", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'masks', 'set'), { recursive: true });
  await sharp(Buffer.alloc(4, 255), { raw: { width: 2, height: 2, channels: 1 } }).toFile(
    join(folder, 'masks', 'set', 'shoe.png'),
  );
  const masks = givenMasks(fixed, { photos: '/photos', masks: join(folder, 'masks') });

  const [given, other] = [await masks.read('/photos/set/shoe.jpg'), await masks.read('/photos/set/hat.jpg')];

  expect([...given.mask.data]).toEqual([255, 255, 255, 255]);
  expect(other.mask).toEqual(redLeft().mask);
});

test('frames photo and mask alike: what is red stays subject', async () => {
  for (let seed = 0; seed < 10; seed++) {
    const { image, mask } = await frame(redLeft(), drawFraming(seededRandom(seed)), form);

    const wrong = mask.data.filter((value, i) => (image.data[i * 3 + 1] ?? 0) > 64 === value > 128);
    expect(wrong.length, `seed ${seed}`).toBeLessThanOrEqual(32);
  }
});

test('the whole photo, mirrored, has its subject on the other side', async () => {
  const { mask } = await frame(redLeft(), { ...WHOLE_PHOTO, isMirrored: true }, form);

  expect([mask.data[0], mask.data[31]]).toEqual([0, 255]);
});

test('recolouring and recompressing change the photo a little, never its size', async () => {
  const { image } = redLeft();

  const changed = await recompressed(recoloured(image, seededRandom(3)), seededRandom(12));

  const difference = image.data.reduce((sum, value, i) => sum + Math.abs(value - (changed.data[i] ?? 0)), 0);
  expect(changed.data).toHaveLength(image.data.length);
  expect(difference / image.data.length).toBeGreaterThan(0.5);
  expect(difference / image.data.length).toBeLessThan(60);
});

test('another background leaves the subject as it was', async () => {
  const photo = redLeft();

  const result = await withBackdrop(photo, drawStudio(photo.image, seededRandom(1)), seededRandom(2));

  const subject = [...photo.mask.data].flatMap((value, i) => (value === 255 ? [i * 3] : []));
  const wrong = subject.filter((at) => result.data[at] !== 255);
  expect(wrong).toEqual([]);
});

test('cuts out only where the mask is sure of a subject', () => {
  const full = (value: number): Alpha => ({ width: 8, height: 8, data: new Uint8Array(64).fill(value) });

  expect([redLeft().mask, full(0), full(255), full(128)].map(isSureMask)).toEqual([true, false, false, false]);
});

test('emphasis is one on average, highest at the edge, even where nothing is', () => {
  const { mask } = redLeft();
  const target = Float32Array.from(mask.data, (value) => value / 255);

  const emphasis = edgeEmphasis(target, mask, 4);

  expect(emphasis.reduce((a, b) => a + b, 0) / emphasis.length).toBeCloseTo(1, 4);
  expect(emphasis[31]).toBeGreaterThan(2 * (emphasis[0] ?? 0));
  expect(edgeEmphasis(new Float32Array(64), { width: 8, height: 8 }, 4)).toEqual(new Float32Array(64).fill(1));
});

test('the same step and index draw the same sample, others draw others, and a round shows every photo', async () => {
  const photos = ['a', 'b', 'c'];
  const read: string[] = [];
  const source: MaskSource = {
    id: 'watched',
    read: async (file) => {
      read.push(file);
      return redLeft();
    },
  };
  const draw = sampleDrawer({ photos, source, form, batch: 1, seed: 5, backdropShare: 0 });

  const [one, two, three] = [
    await draw({ step: 1, index: 0 }),
    await draw({ step: 2, index: 0 }),
    await draw({ step: 3, index: 0 }),
  ];
  const again = await draw({ step: 2, index: 0 });

  expect(again).toEqual(two);
  expect(one.photo).not.toEqual(two.photo);
  expect(three.target).toHaveLength(32 * 32);
  expect(read.slice(0, 3).sort()).toEqual(photos);
});

test('photos that are not varied are shown whole, as they are or mirrored, each with its own mask', async () => {
  const source: MaskSource = { id: 'red', read: async () => redLeft(32) };
  const draw = sampleDrawer({ photos: ['a'], source, form, batch: 1, seed: 2, isVaried: false });

  const drawn = await Promise.all(Array.from({ length: 12 }, (_, i) => draw({ step: i + 1, index: 0 })));

  const masks = drawn.map(({ target }) => target.slice(0, 32));
  const left = Float32Array.from({ length: 32 }, (_, x) => (x < 16 ? 1 : 0));
  expect(new Set(masks.map(String))).toEqual(new Set([String(left), String(left.toReversed())]));
  // The subject has no green, the ground has.
  for (const [i, { photo }] of drawn.entries()) {
    const green = photo.slice(32 * 32, 32 * 32 + 32);
    expect([...green].map((value) => (value < 0.2 ? 1 : 0))).toEqual([...(masks[i] ?? [])]);
  }
});
