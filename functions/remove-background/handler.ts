import { readFile } from 'node:fs/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { BUILT_IN_PRESETS } from '../contract/built-in-presets.ts';
import { readBackdrops } from '../imaging/backdrops.ts';
import type { RgbImage } from '../imaging/raster.ts';
import { Workspace } from '../imaging/workspace.ts';
import { createHandler } from './handle-batch.ts';
import { openNetwork, openNetworkLazily } from './open-network.ts';
import type { PhotoStore } from './photo-store.ts';
import { readSettings, type WorkerSettings } from './settings.ts';

/** Everything is opened while the process starts, before its first event: one network a process, and a second one in doubt. */
const settings = readSettings(process.env);
const logger = new Logger({ serviceName: 'cutline' });

export const handler = createHandler({
  store: await openStore(settings),
  segmenter: await openNetwork(settings.modelFolder, settings),
  escalation: await openNetworkLazily(settings.escalateFolder, settings),
  thresholds: settings.thresholds,
  workspace: new Workspace(),
  presets: BUILT_IN_PRESETS,
  defaultPresets: settings.presets,
  backdrops: await openBackdrops(settings),
  limits: settings.limits,
  nowMs: () => performance.now(),
  log: (level, facts) => logger[level]('photo', facts),
});

/** Each store is loaded only where it is used: the S3 client on AWS, the file system's lock on a laptop. */
async function openStore({ store, photos, cutouts, pathStyle }: WorkerSettings): Promise<PhotoStore> {
  if (store === 'folder' && photos !== undefined) {
    const { FolderStore } = await import('./folder-store.ts');
    return new FolderStore({ photos, cutouts });
  }
  const [{ S3Client }, { S3Store }] = await Promise.all([import('@aws-sdk/client-s3'), import('./s3-store.ts')]);
  return new S3Store(new S3Client({ forcePathStyle: pathStyle }), { cutouts });
}

/** @throws What the file system says of a picture that is not there. */
async function openBackdrops({ presets, limits }: WorkerSettings): Promise<ReadonlyMap<string, RgbImage>> {
  return await readBackdrops(presets, { limits, read: (path) => readFile(path) });
}
