import { cp } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { ensureSample, SAMPLE_LICENCE, SAMPLE_SOURCE } from './sample-catalogue.ts';

/** Adds `cutline sample [DIR]`. */
export function registerSample(program: Command): void {
  program
    .command('sample')
    .description(`fetch ${SAMPLE_SOURCE.photos} real product photos to try things out with`)
    .argument('[DIR]', 'copy the photos and their products.csv there, too; what is there already stays as it is')
    .addHelpText(
      'after',
      `\nExample:\n  cutline sample try/   copies try/photos and try/products.csv\n\n${SAMPLE_LICENCE}`,
    )
    .action(runSample);
}

async function runSample(dir: string | undefined): Promise<void> {
  const { photos, csv } = await ensureSample({ onProgress: (message) => console.error(`${message} ...`) });
  if (dir !== undefined) {
    await cp(photos, resolve(dir, 'photos'), { recursive: true, force: false });
    await cp(csv, resolve(dir, 'products.csv'), { force: false });
  }
  const folder = dir === undefined ? photos : resolve(dir, 'photos');
  console.log(folder);
  console.error(`\n${SAMPLE_LICENCE}\n\nCut them out:  cutline run ${quoted(folder)} cutouts`);
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
