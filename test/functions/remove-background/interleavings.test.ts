import { beforeAll, expect, test, vi } from 'vitest';
import { BUILT_IN_PRESETS } from '#functions/contract/built-in-presets.ts';
import type { Preset } from '#functions/contract/preset.ts';
import { sharp } from '#functions/imaging/codec.ts';
import type * as cutoutModule from '#functions/imaging/cutout.ts';
import { PHOTO_LIMITS_DEFAULTS } from '#functions/imaging/decode.ts';
import { type Network, Segmenter } from '#functions/imaging/segment.ts';
import { Workspace } from '#functions/imaging/workspace.ts';
import type { PhotoStore } from '#functions/remove-background/photo-store.ts';
import { processJob } from '#functions/remove-background/process-job.ts';
import { Gates } from '#test/support/gated-store.ts';
import { MemoryStore } from '#test/support/memory-store.ts';
import { tinyModel } from '#test/support/tiny-model.ts';

/** The real cutting out, once a photo: tens of thousands of schedules differ in their order alone. */
vi.mock(import('#functions/imaging/cutout.ts'), async (load) => {
  const real = await load();
  const known = new Map<number, ReturnType<typeof cutoutModule.cutOut>>();
  return {
    ...real,
    cutOut: (photo, options) => {
      const cutout = known.get(photo.length) ?? real.cutOut(photo, options);
      known.set(photo.length, cutout);
      return cutout;
    },
  };
});

const job = { bucket: 'photos', key: 'shoe.jpg' };
const transparent = BUILT_IN_PRESETS.get('transparent') as Preset;

let network: Network;
let photos: readonly [Buffer, Buffer];
beforeAll(async () => {
  const { bytes, manifest } = tinyModel();
  network = await Segmenter.open(bytes, manifest);
  photos = [await greySquare(8), await greySquare(16)];
});

async function greySquare(sizePx: number): Promise<Buffer> {
  const square = { create: { width: sizePx, height: sizePx, channels: 3, background: '#202020' } } as const;
  return await sharp({ create: { width: 32, height: 32, channels: 3, background: '#ffffff' } })
    .composite([{ input: await sharp(square).png().toBuffer(), left: 8, top: 8 }])
    .jpeg()
    .toBuffer();
}

function work(store: PhotoStore) {
  return processJob(job, 1, {
    store,
    segmenter: network,
    workspace: new Workspace(),
    presets: BUILT_IN_PRESETS,
    defaultPresets: [transparent],
    limits: PHOTO_LIMITS_DEFAULTS,
    nowMs: () => 0,
  });
}

/** What a worker leaves that nobody disturbs; the first time that its stages are measured, the second time not. */
async function aloneWith(photo: Buffer): Promise<ReadonlyMap<string, Uint8Array>> {
  const store = new MemoryStore();
  store.photos.set('shoe.jpg', photo);
  await work(store);
  return store.results;
}

/** Which worker moves next: `o` the one with the older event, `n` the one with the newer; the newer one's first move is the upload. */
type Schedule = string;

/** What both leave behind. */
interface Played {
  readonly results: ReadonlyMap<string, Uint8Array>;
  readonly outcomes: string;
  /** Every move that was made, those after the end of the schedule included. */
  readonly moves: Schedule;
}

/** Plays a schedule, then lets the older worker finish and after it the newer one. */
async function play(schedule: Schedule): Promise<Played> {
  const store = new MemoryStore();
  store.photos.set('shoe.jpg', photos[0]);
  const gates = new Gates();
  const [older] = await gates.start('o', () => work(gates.storeOf('o', store)));
  let newer: ReturnType<typeof work> | undefined;
  const move = async (worker: string): Promise<boolean> => {
    if (worker === 'o' || newer !== undefined) return await gates.step(worker);
    store.photos.set('shoe.jpg', photos[1]);
    [newer] = await gates.start('n', () => work(gates.storeOf('n', store)));
    return true;
  };
  let moves = '';
  for (const worker of schedule) if (await move(worker)) moves += worker;
  for (const worker of ['o', 'n']) while (await move(worker)) moves += worker;
  const outcomes = await Promise.all([older, newer]);
  return { results: store.results, outcomes: outcomes.map((one) => one?.outcome).join('+'), moves };
}

test('in every order in which two workers can take turns, the newer upload keeps its cutout', async () => {
  await aloneWith(photos[1]);
  const expected = await aloneWith(photos[1]);
  const outcomes = new Set<string>();
  let schedules = 0;
  // Depth first: what was played tells which moves there were, and each place where the other worker could have moved instead is another schedule.
  const open: Schedule[] = [''];
  for (let schedule = open.pop(); schedule !== undefined; schedule = open.pop()) {
    const played = await play(schedule);
    // The newer worker had no move left there.
    if (!played.moves.startsWith(schedule)) continue;
    schedules++;
    outcomes.add(played.outcomes);
    expect(played.results, played.moves).toEqual(expected);
    for (let place = schedule.length; place < played.moves.length; place++) {
      if (played.moves[place] === 'o') open.push(`${played.moves.slice(0, place)}n`);
    }
  }

  expect(schedules).toBeGreaterThan(3_000);
  expect([...outcomes].sort()).toEqual(expect.arrayContaining(['done+done', 'superseded+done']));
}, 240_000);
