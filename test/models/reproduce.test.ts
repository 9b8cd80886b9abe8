import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Chain, parseChain, readChain } from '#models/chain.ts';
import { type PackedModel, packModel } from '#models/pack.ts';
import { listPhotos } from '#models/photos.ts';
import { reproduce } from '#models/reproduce.ts';
import { simplify } from '#models/steps/simplify.ts';
import { TIERS } from '#models/tiers.ts';
import type { CurveRow } from '#models/train/curve.ts';
import { splitPhotos } from '#models/train/photos/held-back.ts';
import { temporaryFolder } from '#test/support/folders.ts';
import { noiseForm, writeNoisePhotos } from '#test/support/models/photos.ts';
import { u2netpGraph } from '#test/support/models/topologies.ts';

const chain: Chain = parseChain(
  {
    id: 'small',
    parent: 'u2netp',
    steps: [
      { step: 'prune', ratio: 0.4, align: 2, score: 'random', mode: 'uniform', merge: false, observePhotos: 2 },
      { step: 'distil', steps: 30, batch: 2, learningRate: 0.003, heldBack: 0.3, backdropShare: 0 },
      { step: 'quantize', photos: 4, validation: 2 },
    ],
  },
  'a test',
);

let folder: string;
let parent: PackedModel;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cutline-reproduce-'));
  await writeNoisePhotos(join(folder), 10);
  const graph = simplify(u2netpGraph({ narrow: 4 }));
  const facts = {
    id: 'u2netp',
    family: 'u2netp',
    licence: 'MIT',
    origin: 'made in a test',
    recipe: {},
    scores: {},
  } as const;
  parent = await packModel(graph, { ...facts, input: noiseForm(64) }, join(folder, 'parent'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the whole chain in small: cut, taught with a falling loss, quantized; and a second run finds it all done', async () => {
  const work = join(folder, 'work');
  const said: string[] = [];
  let curve: readonly CurveRow[] = [];
  const options = {
    calibration: folder,
    work,
    log: (line: string) => said.push(line),
    onCurve: (rows: readonly CurveRow[]) => {
      curve = rows;
    },
  };

  const made = await reproduce(parent, chain, options);
  const again = await reproduce(parent, chain, options);

  const validated = curve.flatMap(({ validationMae }) => (validationMae === undefined ? [] : [validationMae]));
  expect(validated.at(-1)).toBeLessThan(validated[0] ?? 0);
  expect(made.manifest).toMatchObject({ id: 'small', family: 'u2netp', licence: 'MIT' });
  expect(made.manifest.parameters).toBeLessThan(0.62 * parent.manifest.parameters);
  expect(made.manifest.recipe).toMatchObject({
    step: 'quantize',
    before: { step: 'distil', before: { step: 'prune' } },
  });
  expect(again.manifest).toEqual(made.manifest);
  expect(said.filter((line) => line.endsWith('done before'))).toHaveLength(3);
}, 60_000);

test('learns what the parent’s blocks give beside its masks, where a step says so', async () => {
  const taught = parseChain(
    {
      id: 'blocks',
      parent: 'u2netp',
      steps: [
        { step: 'prune', ratio: 0.4, align: 2, score: 'random', mode: 'uniform', merge: false, observePhotos: 2 },
        { step: 'distil', steps: 30, batch: 2, learningRate: 0.003, heldBack: 0.3, backdropShare: 0, blocks: 1 },
      ],
    },
    'a test',
  );
  let curve: readonly CurveRow[] = [];

  await reproduce(parent, taught, {
    calibration: folder,
    work: join(folder, 'blocks'),
    log: () => {},
    onCurve: (rows) => {
      curve = rows;
    },
  });

  const losses = curve.flatMap(({ loss }) => (loss === undefined ? [] : [loss]));
  expect(losses.at(-1)).toBeLessThan(0.9 * (losses[0] ?? 0));
}, 60_000);

test('learns from the teacher that a step names, on as many photos as it says', async () => {
  const asked: string[] = [];
  const taught = parseChain(
    {
      id: 'taught',
      parent: 'u2netp',
      steps: [{ step: 'distil', teacher: 'wise', photos: 2, steps: 2, batch: 2, heldBack: 0.3, backdropShare: 0 }],
    },
    'a test',
  );
  const work = join(folder, 'taught');
  const heldBack = splitPhotos(await listPhotos(folder), { folder, share: 0.3, seed: 1 }).heldBack.length;
  const findModel = async (id: string) => {
    asked.push(id);
    return parent;
  };

  const { manifest } = await reproduce(parent, taught, { calibration: folder, work, log: () => {}, findModel });

  expect(asked).toEqual(['wise']);
  expect(manifest.recipe).toMatchObject({ step: 'distil', teacher: 'wise', photos: 2 });
  // The photos held back are judged by the teacher's masks, too.
  const masks = await readdir(join(work, 'masks'), { recursive: true });
  expect(masks.filter((name) => name.endsWith('.png'))).toHaveLength(2 + heldBack);
});

test('only a training can be stopped, and says that the same command goes on', async () => {
  const stopped: string[] = [];
  const said: string[] = [];
  const work = temporaryFolder();
  const run = (isStopped: boolean) =>
    reproduce(parent, chain, {
      calibration: folder,
      work,
      log: (line) => said.push(line),
      untilStopped: (train) => {
        stopped.push(said.at(-1) ?? '');
        return train(isStopped ? AbortSignal.abort() : new AbortController().signal);
      },
    });

  await expect(run(true)).rejects.toThrow(/run the same command to go on/);
  const made = await run(false);

  expect(stopped).toEqual(['distil ...', 'distil ...']);
  expect(said).toContain('prune: done before');
  expect(made.manifest.recipe).toMatchObject({ step: 'quantize' });
}, 60_000);

test('every tier has a recipe', async () => {
  for (const tier of TIERS) await expect(readChain(tier)).resolves.toMatchObject({ id: tier });
});

test('refuses a chain with every wrong field named', () => {
  expect(() => parseChain({ id: 'x', parent: 'u2net', steps: [{ step: 'prune', ratio: 3 }] }, 'mine.json')).toThrow(
    /mine\.json.*steps\.0\.ratio/,
  );
});
