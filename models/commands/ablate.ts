import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { ablate } from '../ablate/ablate.ts';
import { writeUp } from '../ablate/report.ts';
import { listStudies, openStudy } from '../ablate/study.ts';
import { cacheFolder } from '../cache-folder.ts';
import { listSets } from '../evaluate/evaluation-sets.ts';
import { ensureModel } from '../fetch.ts';
import { keepHeap } from '../keep-heap.ts';
import { pickPhotos } from '../photos.ts';
import { readRecipe } from '../recipe.ts';
import { count } from './count.ts';
import { startProgress } from './progress-line.ts';
import { stepTimes } from './step-times.ts';

interface AblateFlags {
  readonly ratios: readonly number[];
  readonly calibration: string;
  readonly evaluation: string;
  readonly recipe: string;
  readonly photos: number;
  readonly limit: number;
  readonly size?: number;
  readonly seed?: number;
  readonly work?: string;
  readonly out: string;
}

/** Adds `ablate` to the workshop's command line. */
export function registerAblate(program: Command): void {
  program
    .command('ablate')
    .description('Cut a model by several ratios, measure each, and write the table; can be stopped and resumed')
    .argument('<model>', 'a packed folder or a model out of the list')
    .requiredOption('--calibration <dir>', 'photos to watch and repair on; no labels needed')
    .requiredOption('--evaluation <dir>', 'sets of photos with masks: <dir>/SET/images/shoe.jpg and masks/shoe.png')
    .option('--ratios <list>', 'percent of the parameters to take away', percents, [0.3, 0.5, 0.6, 0.7, 0.8])
    .option('--recipe <name>', 'one of recipes/ or a JSON file', 'repair')
    .option('--photos <count>', 'photos to watch and repair on', count, 96)
    .option('--limit <count>', 'photos of each evaluation set at most', count, 32)
    .option('--size <px>', 'input height and width to deploy with', count)
    .option('--seed <number>', 'seed of everything random', count)
    .option('--work <dir>', 'where finished rows are kept instead of the cache')
    .option('--out <file>', 'write every finished row of the work folder up here', 'ABLATION.md')
    .action(ablateCommand);
}

async function ablateCommand(model: string, flags: AblateFlags): Promise<void> {
  keepHeap();
  const { size, seed, ratios, limit } = flags;
  const read = await readRecipe(flags.recipe, { ratio: 0, size, seed });
  const recipe = {
    ...read,
    observePhotos: Math.min(read.observePhotos, flags.photos),
    ...(read.reconstruct === undefined ? {} : { reconstruct: { ...read.reconstruct, photos: flags.photos } }),
  };
  const progress = startProgress(model);
  const parent = await ensureModel(model, { onProgress: progress.report }).finally(progress.stop);
  const { id, sha256, input } = parent.manifest;
  const sets = await listSets(flags.evaluation, { limit, expectedOf: parent.manifest });
  const photos = await pickPhotos(flags.calibration, { count: flags.photos, seed: recipe.seed });
  const work = flags.work ?? join(cacheFolder(), 'ablation');
  const study = await openStudy(work, {
    parent: { id, sha256, width: input.width, height: input.height },
    recipe,
    photos,
    sets: Object.fromEntries(sets.map(({ name, pairs }) => [name, pairs.map((pair) => pair.name)])),
  });
  const times = stepTimes((line) => console.log(line));
  await ablate(study, { parent, ratios, sets, onStep: times.step });
  times.stop();
  await writeReport(work, flags);
  console.log(`written to ${flags.out}; rows are kept in ${study.folder}`);
}

async function writeReport(work: string, { evaluation, out }: AblateFlags): Promise<void> {
  const { markdown, files } = await writeUp(await listStudies(work), await listSets(evaluation));
  for (const [name, content] of files) await writeFile(join(dirname(out), name), content);
  await writeFile(out, markdown);
}

function percents(text: string): number[] {
  const values = text.split(',').map(Number);
  if (values.every((value) => value > 0 && value < 100)) return values.map((value) => value / 100);
  throw new InvalidArgumentError(`Expected percents such as 30,50,60, got ${text}`);
}
