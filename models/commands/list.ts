import { join } from 'node:path';
import { cacheFolder } from '../cache-folder.ts';
import { CATALOGUE } from '../catalogue.ts';
import { ensureModel } from '../fetch.ts';
import { isPackedModel } from '../pack.ts';
import { sourceName } from '../sources/download.ts';
import { TIERS } from '../tiers.ts';

/** Prints the tiers that lie in the repo, then the catalogue: what each model is, whether it is here already, where it comes from. */
export async function listModels(): Promise<void> {
  for (const tier of TIERS) {
    const { manifest } = await ensureModel(tier);
    console.log(describe(manifest, 'in the repo'));
  }
  for (const entry of CATALOGUE) {
    const isHere = await isPackedModel(join(cacheFolder(), 'models', entry.id));
    console.log(describe(entry, isHere ? 'fetched' : 'not fetched'));
    for (const source of entry.sources) console.log(`${' '.repeat(19)}${sourceName(source)}`);
  }
}

function describe(
  { id, family, licence, input }: Pick<(typeof CATALOGUE)[number], 'id' | 'family' | 'licence' | 'input'>,
  state: string,
): string {
  const size = `${input.width}x${input.height}`;
  return `${id.padEnd(18)} ${family.padEnd(7)} ${size.padEnd(10)} ${licence.padEnd(11)} ${state}`;
}
