import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fingerprint } from '#functions/contract/fingerprint.ts';
import { recordKey, renditionKeys } from '#functions/contract/output-keys.ts';
import type { Preset } from '#functions/contract/preset.ts';
import { type DoneRecord, PhotoRecord } from '#functions/contract/record.ts';
import type { Choice, Item, Trial } from '../protocol.ts';
import { readSame, writeRecord } from './decide.ts';
import type { RunPhotos } from './folder-place.ts';
import { itemOf } from './item.ts';
import type { ItemIndex } from './item-index.ts';
import { presetsFor } from './preset-offers.ts';
import { StudioError } from './studio-error.ts';
import type { StudioStore } from './studio-store.ts';

export interface TrialDeps {
  readonly store: StudioStore;
  readonly index: ItemIndex;
  readonly run: RunPhotos;
  readonly presets: ReadonlyMap<string, Preset>;
  /** For photos and results of trials; emptied at the start. */
  readonly folder: string;
}

interface Kept {
  readonly folder: string;
  readonly record: PhotoRecord;
  /** The photo's key in its batch; a trial has one of its own. */
  readonly key: string;
  readonly choice: Choice;
}

/** Trials whose files are kept: a person compares two or three. */
const MOST_KEPT = 12;
const PHOTO_FILE = /[^\p{L}\p{N}._-]/gu;

/** Photos cut out another way beside the result that stands, in folders of their own, until a person keeps one. */
export class TrialDesk {
  readonly #deps: TrialDeps;
  readonly #trials = new Map<string, Kept>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(deps: TrialDeps) {
    this.#deps = deps;
  }

  /** Cuts a photo out another way. One at a time: each brings its own worker. @throws {StudioError} */
  async start(key: string, choice: Choice): Promise<Trial> {
    const turn = this.#last.then(() => this.#try(key, choice));
    this.#last = turn.catch(() => {});
    return await turn;
  }

  /** @returns A trial's output. @throws {StudioError} `not_found` */
  async output(id: string, index: number): Promise<{ readonly bytes: Uint8Array; readonly sha256: string }> {
    const { folder, record } = this.#require(id);
    const output = record.outputs[index];
    if (output === undefined) throw notFound();
    return { bytes: await readFile(join(folder, 'results', output.key)), sha256: output.sha256 };
  }

  /** Puts a trial in the place of the result that was looked at. @throws {StudioError} `conflict` */
  async keep(id: string, etag: string): Promise<Item> {
    const { folder, record, key, choice } = this.#require(id);
    if (record.status !== 'done') throw new StudioError('not_decidable', 'Expected a cutout, got a trial without one.');
    const { store, index } = this.#deps;
    const { record: before } = await readSame(key, etag, index);
    const next = adopted(record, { before, presets: presetsFor(choice, this.#deps.presets) });
    for (const [i, { key: target, format }] of next.outputs.entries()) {
      const bytes = await readFile(join(folder, 'results', record.outputs[i]?.key ?? ''));
      const there = await store.readResult(target);
      await store.writeResult(target, bytes, { contentType: `image/${format}`, expected: there?.etag ?? null });
    }
    const item = await writeRecord({ record: next, etag }, { store, index });
    const named = new Set(next.outputs.map((output) => output.key));
    for (const output of before.outputs) if (!named.has(output.key)) await store.deleteResult(output.key);
    return item;
  }

  async close(): Promise<void> {
    await this.#last;
    await rm(this.#deps.folder, { recursive: true, force: true });
  }

  async #try(key: string, choice: Choice): Promise<Trial> {
    const { store, index, run } = this.#deps;
    const { record: standing } = await index.read(key);
    const photo = await store.readPhoto(standing.source);
    if (photo === null)
      throw new StudioError('photo_missing', `Expected the photo ${JSON.stringify(key)}, found none.`);
    const id = randomUUID();
    const folder = join(this.#deps.folder, id);
    const name = basename(key).replace(PHOTO_FILE, '_');
    await mkdir(join(folder, 'photos'), { recursive: true });
    await writeFile(join(folder, 'photos', name), photo.bytes);
    const startedMs = performance.now();
    let failure: string | null = null;
    const observer = {
      onProgress: () => {},
      onPhoto: () => {},
      onFailure: (f: { message: string }) => (failure = f.message),
    };
    const folders = { src: join(folder, 'photos'), dst: join(folder, 'results') };
    await run(folders, { keys: [name], choice }, observer, new AbortController().signal);
    const record = await readTrial(join(folders.dst, recordKey(name)));
    if (record === null) throw new StudioError('trial_failed', failure ?? 'Expected a result of the trial, got none.');
    this.#remember(id, { folder, record, key, choice });
    return { id, record, item: itemOf(record, id), totalMs: Math.round(performance.now() - startedMs) };
  }

  #remember(id: string, trial: Kept): void {
    this.#trials.set(id, trial);
    const [oldest] = this.#trials;
    if (this.#trials.size <= MOST_KEPT || oldest === undefined) return;
    this.#trials.delete(oldest[0]);
    void rm(oldest[1].folder, { recursive: true, force: true });
  }

  #require(id: string): Kept {
    const trial = this.#trials.get(id);
    if (trial === undefined) throw notFound();
    return trial;
  }
}

interface Adoption {
  readonly before: PhotoRecord;
  /** The trial's. */
  readonly presets: readonly Preset[];
}

/**
 * A trial's record as it would be had the run that stands made it: the same photo under its own key, and with the ETag and the
 * fingerprint it has there, so that the next run over there finds it done.
 */
function adopted(trial: DoneRecord, { before: { source, batchId }, presets }: Adoption): DoneRecord {
  const { bucket, key, sku } = source;
  const keys = renditionKeys(
    key,
    trial.outputs.map(({ preset, format }) => ({ id: preset, format })),
  );
  return {
    ...trial,
    fingerprint: fingerprintFor(source.etag, trial, presets),
    source: { ...trial.source, bucket, key, etag: source.etag, ...(sku === undefined ? {} : { sku }) },
    ...(batchId === undefined ? {} : { batchId }),
    outputs: trial.outputs.map((output, i) => ({ ...output, key: keys[i] ?? output.key })),
  };
}

/** Buckets name versions otherwise than folders do. Where a trial was not made as it seems, its own fingerprint stays. */
function fingerprintFor(etag: string, trial: DoneRecord, presets: readonly Preset[]): string {
  const { judging, model } = trial;
  if (judging === undefined) return trial.fingerprint;
  const parts = { presets, modelSha256: model.sha256, judging };
  const isSame = fingerprint({ ...parts, etag: trial.source.etag }) === trial.fingerprint;
  return isSame ? fingerprint({ ...parts, etag }) : trial.fingerprint;
}

function notFound(): StudioError {
  return new StudioError('not_found', 'Expected a trial of this session, found none. Try again.');
}

async function readTrial(path: string): Promise<PhotoRecord | null> {
  const text = await readFile(path, 'utf8').catch(() => null);
  return text === null ? null : (PhotoRecord.safeParse(JSON.parse(text)).data ?? null);
}
