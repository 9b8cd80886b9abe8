import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { drawSheet } from '../evaluate/draw-sheet.ts';
import { ensureModel } from '../fetch.ts';
import type { PackedModel } from '../pack.ts';
import { listPhotos } from '../photos.ts';
import { count } from './count.ts';
import { startProgress } from './progress-line.ts';

interface SheetFlags {
  readonly photos: string;
  readonly count: number;
  readonly threads: number;
  readonly out: string;
}

/** Adds `sheet` to the workshop's command line. */
export function registerSheet(program: Command): void {
  program
    .command('sheet')
    .description('Draw photos with the cutouts that each model makes of them, side by side, to be looked at')
    .argument('<models...>', 'packed folders or models out of the list')
    .requiredOption('--photos <dir>', 'any photos')
    .option('--count <photos>', 'photos at most, spread evenly', count, 20)
    .option('--threads <count>', 'threads of a network', count, 1)
    .option('--out <file>', 'where to put the picture, a JPEG', 'sheet.jpg')
    .action(sheetCommand);
}

async function sheetCommand(names: readonly string[], flags: SheetFlags): Promise<void> {
  const models: PackedModel[] = [];
  for (const name of names) models.push(await ensureModel(name));
  const all = await listPhotos(flags.photos);
  const shown = Math.min(flags.count, all.length);
  const photos = all.filter(
    (_, i) => Math.floor((i * shown) / all.length) !== Math.floor(((i - 1) * shown) / all.length),
  );
  const progress = startProgress('sheet');
  let done = 0;
  const onPhoto = (model: string) =>
    progress.report({ step: `${model}: ${++done} of ${photos.length * models.length}` });
  await writeFile(flags.out, await drawSheet(models, photos, { threads: flags.threads, onPhoto })).finally(
    progress.stop,
  );
  console.log(`${photos.length} photos: ${flags.out}`);
}
