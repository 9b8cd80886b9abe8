import { resolve } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { letReaderGo } from '#models/commands/let-reader-go.ts';
import { startProgress } from '#models/commands/progress-line.ts';
import { inMegabytes } from './in-megabytes.ts';
import { packModelLayer } from './model-layer.ts';
import { ARCHITECTURES, type Architecture, DIST_FOLDER, UNZIPPED_LIMIT_BYTES } from './places.ts';
import { packRuntimeLayer } from './runtime-layer.ts';
import type { LayerSize } from './write-tree.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const program = new Command('layer')
  .description('Packs what workers load from /opt: models, and the modules with machine code.')
  .argument('[models...]', 'tiers, models out of the catalogue, or folders with a model.onnx and a manifest.json')
  .addOption(
    new Option(
      '--runtime <processor>',
      'also pack onnxruntime and sharp, for the function on this kind of processor',
    ).choices(ARCHITECTURES),
  )
  .option('--out <folder>', 'where to pack', DIST_FOLDER)
  .addHelpText('after', '\nExample:\n  npm run layer -- balanced --runtime arm64')
  .exitOverride()
  .action(packLayers);

async function packLayers(models: string[], options: { runtime?: Architecture; out: string }): Promise<void> {
  if (models.length === 0 && options.runtime === undefined) program.help({ error: true });
  const out = resolve(options.out);
  const sizes: number[] = [];
  for (const model of models) {
    const progress = startProgress(model);
    const layer = await packModelLayer(model, { out, onProgress: progress.report }).finally(progress.stop);
    sizes.push(layer.size.bytes);
    console.log(describeLayer(layer.folder, layer.size));
  }

  if (options.runtime === undefined) return;
  const { folder, packages, size } = await packRuntimeLayer(options.runtime, { out });
  console.log(describeLayer(folder, size));
  console.log(`  ${packages.map(({ name, version }) => `${name} ${version}`).join(', ')}`);
  for (const [position, bytes] of sizes.entries()) {
    console.log(
      `  with ${models[position]}: ${inMegabytes(bytes + size.bytes)} of ${inMegabytes(UNZIPPED_LIMIT_BYTES)}`,
    );
  }
}

function describeLayer(folder: string, { files, bytes, sha256 }: LayerSize): string {
  return `${folder}: ${inMegabytes(bytes)} in ${files} files, sha256 ${sha256.slice(0, 16)}`;
}

letReaderGo();

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  } else {
    console.error(`layer: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = EXIT_FAILED;
  }
}
