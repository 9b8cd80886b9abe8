import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelManifest } from '#functions/contract/manifest.ts';
import { cacheFolder } from '#models/cache-folder.ts';
import { CATALOGUE } from '#models/catalogue.ts';
import { type PackedModel, readPackedModel } from '#models/pack.ts';
import { WEIGHTS_FOLDER } from '#models/weights-folder.ts';
import type { ModelOffer } from '../protocol.ts';

/** What a network took on this machine, of records. */
export interface MeasuredPace {
  readonly model: string;
  /** Median of whole photos, ms. */
  readonly photoMs: number;
}

/** Multiply-accumulates a millisecond on one core, until something was measured here: IS-Net's on a server without AVX-512. */
const MACS_PER_MS = 40e6;
/** What a photo costs beside the network. */
const REST_MS = 400;

/** Where packed networks lie on this machine, committed ones first. */
function folders(): string[] {
  return [WEIGHTS_FOLDER, join(cacheFolder(), 'models')];
}

/** Lists every network that can be asked for: those in the repo, those in the cache, and those that could be fetched. */
export async function modelOffers(
  paces: readonly MeasuredPace[],
  extra: readonly PackedModel[] = [],
): Promise<ModelOffer[]> {
  const packed = new Map<string, ModelManifest>(extra.map(({ manifest }) => [manifest.id, manifest]));
  for (const folder of folders()) {
    for (const manifest of await manifestsIn(folder)) if (!packed.has(manifest.id)) packed.set(manifest.id, manifest);
  }
  const macsPerMs = measuredMacsPerMs(packed, paces);
  const here = [...packed.values()].map((manifest) => offerOf(manifest, paces, macsPerMs));
  const fetchable = CATALOGUE.filter(({ id }) => !packed.has(id)).map(
    ({ id, bytes = null, licence }): ModelOffer => ({
      id,
      sizeBytes: bytes,
      isHere: false,
      expectedMs: null,
      isMeasured: false,
      quality: null,
      licence,
    }),
  );
  return [...here.sort((a, b) => (a.expectedMs ?? 0) - (b.expectedMs ?? 0)), ...fetchable];
}

/** Finds a network on this machine without fetching it; a sound one, or null. */
export async function findPackedModel(id: string): Promise<PackedModel | null> {
  if (!/^[a-z0-9][a-z0-9.-]*$/.test(id)) return null;
  for (const folder of folders()) {
    const found = await readPackedModel(join(folder, id)).catch(() => null);
    if (found !== null) return found;
  }
  return null;
}

async function manifestsIn(folder: string): Promise<ModelManifest[]> {
  const names = await readdir(folder).catch(() => []);
  const manifests = await Promise.all(
    names.sort().map(async (name) => {
      const text = await readFile(join(folder, name, 'manifest.json'), 'utf8').catch(() => null);
      const { data } = ModelManifest.safeParse(text === null ? null : parse(text));
      // A copy being made lies beside its place for a moment, under another name.
      return data?.id === name ? data : null;
    }),
  );
  return manifests.filter((manifest) => manifest !== null);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function measuredMacsPerMs(packed: ReadonlyMap<string, ModelManifest>, paces: readonly MeasuredPace[]): number {
  for (const { model, photoMs } of paces) {
    const macs = packed.get(model)?.macs ?? 0;
    if (macs > 1e9 && photoMs > REST_MS) return macs / (photoMs - REST_MS);
  }
  return MACS_PER_MS;
}

function offerOf(manifest: ModelManifest, paces: readonly MeasuredPace[], macsPerMs: number): ModelOffer {
  const { id, bytes, macs, licence } = manifest;
  const measured = paces.find(({ model }) => model === id);
  return {
    id,
    sizeBytes: bytes,
    isHere: true,
    expectedMs: Math.round(measured?.photoMs ?? macs / macsPerMs + REST_MS),
    isMeasured: measured !== undefined,
    quality: qualityOf(manifest),
    licence,
  };
}

/** The set of a network's evaluation that says most to somebody with a catalogue. */
const PRODUCTS = 'products';

/** One set's figure: a mean over sets of unlike difficulty and size would rank networks by what they were measured on. */
function qualityOf({ scores }: ModelManifest): ModelOffer['quality'] {
  const sets = Object.entries(scores).sort(([a], [b]) => Number(b === PRODUCTS) - Number(a === PRODUCTS));
  for (const [set, { iou: overlap }] of sets) if (overlap !== undefined) return { set, overlap };
  return null;
}
