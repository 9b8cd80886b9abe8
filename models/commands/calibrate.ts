import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { ModelManifest } from '#functions/contract/manifest.ts';
import { cacheFolder } from '../cache-folder.ts';
import { calibrate } from '../confidence/calibrate.ts';
import { readExamples } from '../confidence/examples.ts';
import { ensureModel } from '../fetch.ts';
import type { PackedModel } from '../pack.ts';
import { pickPhotos } from '../photos.ts';
import { givenMasks } from '../train/photos/given-masks.ts';
import { parentMasks } from '../train/photos/parent-masks.ts';
import { count } from './count.ts';
import { startProgress } from './progress-line.ts';

interface CalibrateFlags {
  readonly parent: string;
  readonly calibration: string;
  readonly masks?: string;
  readonly photos: number;
  readonly seed: number;
  readonly threads: number;
  readonly out?: string;
}

/** Adds `calibrate` to the workshop's command line. */
export function registerCalibrate(program: Command): void {
  program
    .command('calibrate')
    .description('Learn how far a model can be trusted, cutout by cutout, and write it into its manifest')
    .argument('<model>', 'a packed folder or a model out of the list')
    .requiredOption('--calibration <dir>', 'photos to learn on, none of those it is judged by; no labels needed')
    .option('--parent <model>', 'the model whose masks count as true', 'isnet')
    .option(
      '--masks <dir>',
      "ground truth where there is some: <dir>/SET/shoe.png for SET/shoe.jpg; the parent's elsewhere",
    )
    .option('--photos <count>', 'photos to learn on', count, 400)
    .option('--seed <number>', 'which of them', count, 1)
    .option('--threads <count>', 'threads of a network', count, 1)
    .option('--out <file>', 'write the numbers there instead of into the manifest')
    .action(calibrateCommand);
}

async function calibrateCommand(name: string, flags: CalibrateFlags): Promise<void> {
  const { calibration, masks, photos, seed, threads } = flags;
  const [model, parent] = [await open(name), await open(flags.parent)];
  const files = await pickPhotos(calibration, { count: photos, seed });
  const cache = join(cacheFolder(), 'masks');
  const learned = parentMasks(parent, { cache, threads });
  const progress = startProgress(`calibrate ${model.manifest.id}`);
  const examples = await readExamples(files, {
    own: parentMasks(model, { cache, threads }),
    truth: masks === undefined ? learned : givenMasks(learned, { photos: calibration, masks }),
    onPhoto: (done, total) => progress.report({ step: `photo ${done} of ${total}` }),
  }).finally(progress.stop);
  const confidence = calibrate(examples, {
    model: model.manifest.id,
    modelSha256: model.manifest.sha256,
    parent: parent.manifest.id,
    parentSha256: parent.manifest.sha256,
    groundTruth: masks !== undefined,
    seed,
  });
  if (flags.out !== undefined) await writeFile(flags.out, `${JSON.stringify(confidence, null, 2)}\n`);
  else await writeIntoManifest(model, confidence);
  const { good } = confidence.made;
  const target = flags.out ?? join(model.folder, 'manifest.json');
  console.log(`${examples.length} photos, ${good} of them cut out well; written to ${target}`);
}

async function writeIntoManifest({ folder }: PackedModel, confidence: ModelManifest['confidence']): Promise<void> {
  const file = join(folder, 'manifest.json');
  const manifest = ModelManifest.parse(JSON.parse(await readFile(file, 'utf8')));
  await writeFile(file, `${JSON.stringify({ ...manifest, confidence }, null, 2)}\n`);
}

async function open(model: string): Promise<PackedModel> {
  const progress = startProgress(model);
  return await ensureModel(model, { onProgress: progress.report }).finally(progress.stop);
}
