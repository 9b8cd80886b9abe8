import { join } from 'node:path';
import { cacheFolder } from '../cache-folder.ts';
import { CATALOGUE } from '../catalogue.ts';
import { isPackedModel } from '../pack.ts';
import { sourceName } from '../sources/download.ts';

/** Prints the catalogue: what each model is, whether it is here already, and where it comes from. */
export async function listModels(): Promise<void> {
  for (const entry of CATALOGUE) {
    const isHere = await isPackedModel(join(cacheFolder(), 'models', entry.id));
    const size = `${entry.input.width}x${entry.input.height}`;
    const state = isHere ? 'fetched' : 'not fetched';
    console.log(
      `${entry.id.padEnd(18)} ${entry.family.padEnd(7)} ${size.padEnd(10)} ${entry.licence.padEnd(11)} ${state}`,
    );
    for (const source of entry.sources) console.log(`${' '.repeat(19)}${sourceName(source)}`);
  }
}
