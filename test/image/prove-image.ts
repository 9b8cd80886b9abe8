/**
 * Builds the function's image, starts its own entrypoint as Lambda would, and gets a cutout of a real photo out of it:
 *
 *   node test/image/prove-image.ts [--starts N] [--base IMAGE] [MODEL ...]
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureSample } from '#cdk/commands/sample-catalogue.ts';
import { prepareShipment } from '#cdk/shipment.ts';
import { inMegabytes } from '#layers/in-megabytes.ts';
import { packModelLayer } from '#layers/model-layer.ts';
import { packRuntimeLayer } from '#layers/runtime-layer.ts';
import { coldStart } from './cold-start.ts';
import type { ContainerTool, ImageFile } from './container-tool.ts';
import { findContainerTool } from './find-container-tool.ts';
import { contentAbove } from './image-content.ts';
import { openPhotoBucket, type PhotoBucket } from './photo-bucket.ts';
import type { ProcessFacts } from './process-facts.ts';
import { ImageError } from './run-tool.ts';

/** Of what the image adds to AWS's base: what is larger takes longer to start. */
const ABOVE_BASE_LIMIT_BYTES = 250_000_000;
/** Lambda starts a function anew that hasn't asked for its first event by then. */
const OPEN_LIMIT_MS = 10_000;
const LISTED_FOLDERS = 8;

const architecture = process.arch === 'x64' ? 'x86_64' : 'arm64';

async function prove(tool: ContainerTool, models: readonly string[], starts: number): Promise<void> {
  console.log(`image: by ${tool.name}`);
  const bucket = await openPhotoBucket(await samplePhoto());
  try {
    const base = await tool.prepareBase();
    const baseFiles = await tool.files(base);
    console.log(`image: base ${inMegabytes(sum(baseFiles))}`);
    await packRuntimeLayer(architecture);
    for (const model of models) {
      const { manifest } = await packModelLayer(model);
      const { folder } = await prepareShipment({ model: manifest.id, architecture, packaging: 'image' });
      const buildArgs = { ARCHITECTURE: architecture, MODEL: manifest.id };
      const image = await tool.build({ folder, base, tag: manifest.id, buildArgs });
      listContent(manifest.id, baseFiles, await tool.files(image));
      for (let start = 1; start <= starts; start++) await proveStart(tool, image, { bucket, model: manifest.id });
    }
  } finally {
    await tool.close();
    await bucket.close();
  }
}

function listContent(model: string, base: readonly ImageFile[], image: readonly ImageFile[]): void {
  const { bytes, folders } = contentAbove(base, image);
  console.log(`image: ${model} is ${inMegabytes(bytes)} above the base, of ${inMegabytes(ABOVE_BASE_LIMIT_BYTES)}`);
  for (const part of folders.slice(0, LISTED_FOLDERS)) {
    console.log(`  ${inMegabytes(part.bytes).padStart(9)}  /${part.path}`);
  }
  if (bytes > ABOVE_BASE_LIMIT_BYTES) throw new ImageError('Expected a smaller image: see its largest folders above.');
}

/** One worker from its process's start to its first cutout. */
async function proveStart(
  tool: ContainerTool,
  image: string,
  { bucket, model }: { bucket: PhotoBucket; model: string },
): Promise<void> {
  await bucket.clear();
  const { opened, answered } = await coldStart(tool, image, bucket.job);
  const { verdict, confidence, outputs, timesMs, model: found } = await bucket.checkCutout();
  if (found.id !== model) throw new ImageError(`Expected a cutout by ${model}, got one by ${found.id}`);
  const [output] = outputs;
  console.log(`image: cutout ${output?.width} x ${output?.height}, ${verdict}, confidence ${confidence.toFixed(2)}`);
  console.log(`  open      ${describe(opened)}`);
  console.log(`  + cutout  ${describe(answered)}`);
  console.log(`  ${JSON.stringify(timesMs)}`);
  if (opened !== undefined && opened.cpuMs > OPEN_LIMIT_MS) {
    throw new ImageError(
      `Expected to open the network within Lambda's ${OPEN_LIMIT_MS} ms, got ${opened.cpuMs} ms of CPU`,
    );
  }
}

function describe(facts: ProcessFacts | undefined): string {
  if (facts === undefined) return "not measured: the worker is another user's process";
  const { cpuMs, wallMs, peakMemoryBytes } = facts;
  return `${seconds(cpuMs)} CPU, ${seconds(wallMs)} wall, peak ${inMegabytes(peakMemoryBytes)}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function sum(files: readonly ImageFile[]): number {
  return files.reduce((total, { bytes }) => total + bytes, 0);
}

/** A lone product on a plain wall. */
const PHOTO = 'kelly-sikkema-685291-unsplash.jpg';

async function samplePhoto(): Promise<string> {
  return join((await ensureSample()).photos, PHOTO);
}

const { values, positionals } = parseArgs({
  options: { starts: { type: 'string', default: '1' }, base: { type: 'string' } },
  allowPositionals: true,
});
try {
  const tool = await findContainerTool(values.base);
  if (typeof tool === 'string') console.log(`image: skipped, ${tool}`);
  else await prove(tool, positionals.length === 0 ? ['balanced'] : positionals, Number(values.starts));
} catch (error) {
  console.error(`image: ${error instanceof ImageError ? error.message : String(error)}`);
  process.exitCode = 1;
}
