import { copyFile, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleFunction, bundleHandler } from '#functions/remove-background/bundle.ts';
import { LayerError } from '#layers/errors.ts';
import { inMegabytes } from '#layers/in-megabytes.ts';
import { DIST_FOLDER, modelPlace, runtimePlace, UNZIPPED_LIMIT_BYTES } from '#layers/places.ts';
import { isRuntimePacked } from '#layers/runtime-layer.ts';
import { writeTree } from '#layers/write-tree.ts';
import { isPackedModel } from '#models/pack.ts';
import { modelsOf, type StageSettings } from './stage-settings.ts';

/** All that goes to AWS, below one folder. */
export interface Shipment {
  /** Holds `Dockerfile`, `function/`, `batch-end/`, `runtime/<architecture>/` and `opt/models/<id>/`. */
  readonly folder: string;
  /** The command to run before this can be deployed; undefined when everything is there. */
  readonly missing: string | undefined;
  /** Of the function and its layers, which AWS limits for a .zip function. */
  readonly unzippedBytes: number;
}

export interface ShipmentOptions {
  /** @default layers/dist */
  readonly folder?: string;
  /** Holds package-lock.json. @default the working folder */
  readonly project?: string;
}

type ShippedSettings = Pick<StageSettings, 'model' | 'architecture' | 'packaging'> &
  Partial<Pick<StageSettings, 'escalate'>>;

const batchEndHandler = fileURLToPath(new URL('batch/batch-end-handler.ts', import.meta.url));
const dockerfile = fileURLToPath(new URL('../functions/remove-background/Dockerfile', import.meta.url));

/**
 * Puts the bundled function beside its layers and looks whether these are packed. A stack can be synthesized without them,
 * but not deployed.
 *
 * @throws {LayerError} `too_large` when a .zip function and its layers are over AWS's limit.
 */
export async function prepareShipment(
  { architecture, packaging, ...settings }: ShippedSettings,
  { folder = DIST_FOLDER, ...options }: ShipmentOptions = {},
): Promise<Shipment> {
  const models = modelsOf(settings);
  const modelFolders = models.map((model) => join(folder, modelPlace(model)));
  const layerFolders = [...modelFolders, join(folder, runtimePlace(architecture))];
  const arePacked = await Promise.all(modelFolders.map(isPackedModel));
  const isPacked = arePacked.every(Boolean) && (await isRuntimePacked(architecture, { ...options, out: folder }));
  const handler = await writeTree(join(folder, 'function'), await bundleHandler());
  await writeTree(join(folder, 'batch-end'), await bundleFunction(batchEndHandler));
  await copyFile(dockerfile, join(folder, 'Dockerfile'));
  // CDK looks at each layer's folder, packed or not.
  for (const layerFolder of layerFolders) await mkdir(layerFolder, { recursive: true });

  const unzippedBytes = (await Promise.all(layerFolders.map(sizeOf))).reduce(
    (sum, bytes) => sum + bytes,
    handler.bytes,
  );
  if (packaging === 'zip') refuseTooLarge(unzippedBytes, models);
  const missing = isPacked ? undefined : `npm run layer -- ${models.join(' ')} --runtime ${architecture}`;
  return { folder, missing, unzippedBytes };
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

function refuseTooLarge(bytes: number, models: readonly string[]): void {
  if (bytes <= UNZIPPED_LIMIT_BYTES) return;
  const [found, limit] = [bytes, UNZIPPED_LIMIT_BYTES].map(inMegabytes);
  throw new LayerError(
    'too_large',
    `Expected a .zip function with its layers to be at most ${limit} unzipped, got ${found}. Use -c packaging=image, or smaller models than ${models.join(' and ')}.`,
  );
}
