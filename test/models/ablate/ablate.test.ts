import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ablate } from '#models/ablate/ablate.ts';
import cropList from '#models/ablate/crops.json' with { type: 'json' };
import { drawCrops } from '#models/ablate/crops.ts';
import { writeUp } from '#models/ablate/report.ts';
import { listStudies, openStudy, readCell, type Study, type StudyFolder } from '#models/ablate/study.ts';
import { type EvaluationSet, listSets } from '#models/evaluate/evaluation-sets.ts';
import { type PackedModel, packModel } from '#models/pack.ts';
import { parseRecipe } from '#models/recipe.ts';
import { simplify } from '#models/steps/simplify.ts';
import { noiseForm, writeNoisePhotos } from '#test/support/models/photos.ts';
import { u2netpGraph } from '#test/support/models/topologies.ts';

let folder: string;
let photos: string[];
let parent: PackedModel;
let sets: EvaluationSet[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cutline-ablate-'));
  const images = join(folder, 'sets', 'noise', 'images');
  const masks = join(folder, 'sets', 'noise', 'masks');
  for (const place of [join(folder, 'photos'), images, masks]) await mkdir(place, { recursive: true });
  photos = await writeNoisePhotos(join(folder, 'photos'), 3);
  await writeNoisePhotos(images, 2);
  for (const name of await readdir(images)) {
    await sharp(Buffer.alloc(48 * 48, 255), { raw: { width: 48, height: 48, channels: 1 } }).toFile(join(masks, name));
  }
  const graph = simplify(u2netpGraph({ narrow: 16 }));
  const { scale, mean, std } = noiseForm(64);
  const facts = { id: 'thin', family: 'u2netp', licence: 'MIT', origin: 'a test', recipe: {}, scores: {} } as const;
  parent = await packModel(graph, { ...facts, input: { scale, mean, std } }, join(folder, 'parent'));
  sets = await listSets(join(folder, 'sets'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function studyOf(fields: Record<string, unknown> = {}): Study {
  const recipe = parseRecipe({ ratio: 0, align: 1, floor: 0.05, ...fields }, 'a test');
  const { id, sha256, input } = parent.manifest;
  return {
    parent: { id, sha256, width: input.width, height: input.height },
    recipe,
    photos,
    sets: { noise: sets.flatMap(({ pairs }) => pairs.map(({ name }) => name)) },
  };
}

/** Runs an ablation whose cost is not measured. @returns The steps it took. */
async function run(study: StudyFolder, ratios: readonly number[]): Promise<string[]> {
  const steps: string[] = [];
  const measure = async () => [{ loadMs: 100, runCpuMs: 200, peakMb: 300 }];
  await ablate(study, { parent, ratios, sets, measure, onStep: (step) => steps.push(step) });
  return [...new Set(steps)];
}

test('finished rows are kept: the next run makes only what is missing, and the same as if watched anew', async () => {
  const work = join(folder, 'resumed');
  const study = await openStudy(work, studyOf());

  const first = await run(study, [0.3]);
  const again = await run(study, [0.3]);
  const before = (await readCell(study, 0.3))?.model.parameters ?? 0;
  await run(study, [0.3, 0.6]);
  const anew = await openStudy(join(folder, 'anew'), studyOf());
  await run(anew, [0.6]);

  expect(first).toContain('merge');
  expect(again).toEqual(['thin -30 %']);
  const [mild, deep] = [await readCell(study, 0.3), await readCell(study, 0.6)];
  expect(mild?.model.parameters).toBe(before);
  expect(mild?.model.parameters).toBeLessThanOrEqual(parent.manifest.parameters * 0.71);
  // Merging gives every convolution a bias, which the ratio does not count.
  expect(deep?.model.parameters).toBeLessThanOrEqual(parent.manifest.parameters * 0.41);
  expect((await readCell(anew, 0.6))?.quality).toEqual(deep?.quality);
  expect(await readCell(study, 'parent')).toMatchObject({ quality: { noise: { parentSsim: 1, parentMae: 0 } } });
});

test('a size of its own adds the uncut parent at that size, another recipe another study', async () => {
  const work = join(folder, 'sized');
  const small = await openStudy(work, studyOf({ size: 32 }));
  await openStudy(work, studyOf({ seed: 2 }));

  await run(small, []);

  expect((await readCell(small, 0))?.model.macs).toBeLessThan(parent.manifest.macs * 0.3);
  expect(await listStudies(work)).toHaveLength(2);
});

test('the report puts the article beside, names what is missing and the samples, and draws what it shows', async () => {
  const work = join(folder, 'reported');
  const study = await openStudy(work, studyOf({ merge: false, score: 'l1' }));
  await run(study, [0.3]);

  const { markdown, files } = await writeUp(await listStudies(work), sets);

  expect(markdown).toMatch(/\| parent \| 0\.976 \| 0\.\d{3} \|/);
  expect(markdown).toMatch(/\| -30 % \| 0\.970 \| 0\.\d{3} \|/);
  expect(markdown).toMatch(/\| -60 % \| 0\.961 \| not measured \|/);
  expect(markdown).toContain('Not measured yet: -50 %, -60 %, -70 %, -80 %.');
  expect(markdown).toContain('noise (2 photos)');
  const shown = [...markdown.matchAll(/\]\((.+?)\)/g)].map(([, file]) => file);
  expect(shown).toEqual([...files.keys()]);
});

test('the strip shows each detail as it is and cut out by each mask, on a colour of its own', async () => {
  const set = (name: string) => ({
    name,
    pairs: cropList
      .filter((crop) => crop.set === name)
      .map(({ photo }) => ({ name: photo, photo: join(folder, `${photo}.png`), truth: '' })),
  });
  const grey = { create: { width: 800, height: 800, channels: 3, background: '#808080' } } as const;
  const [empty, full] = [join(folder, 'empty'), join(folder, 'full')];
  for (const { set: name, photo } of cropList) {
    await sharp(grey)
      .png()
      .toFile(join(folder, `${photo}.png`));
    for (const [place, level] of [
      [empty, 0],
      [full, 255],
    ] as const) {
      await mkdir(join(place, 'masks', name), { recursive: true });
      const mask = Buffer.alloc(800 * 800, level);
      await sharp(mask, { raw: { width: 800, height: 800, channels: 1 } })
        .png()
        .toFile(join(place, 'masks', name, `${photo}.png`));
    }
  }

  const strip = await drawCrops([set('fashion'), set('products')], [empty, full]);

  const { data, info } = await sharp(strip).raw().toBuffer({ resolveWithObject: true });
  const middle = (column: number): number[] => [
    ...data.subarray((64 * info.width + column * 132 + 64) * 3).subarray(0, 3),
  ];
  expect([info.width, info.height]).toEqual([3 * 132 - 4, cropList.length * 132 - 4]);
  for (const [column, colour] of [
    [0, [128, 128, 128]],
    [1, [255, 0, 160]],
    [2, [128, 128, 128]],
  ] as const) {
    expect(middle(column).every((value, i) => Math.abs(value - (colour[i] ?? 0)) <= 8)).toBe(true);
  }
  expect(await drawCrops([set('fashion')], [full])).toBeUndefined();
});
