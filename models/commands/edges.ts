import { join } from 'node:path';
import type { Command } from 'commander';
import { cacheFolder } from '../cache-folder.ts';
import { describeEdges } from '../evaluate/describe-edges.ts';
import { listSets } from '../evaluate/evaluation-sets.ts';
import { measureEdges } from '../evaluate/measure-edges.ts';
import { ensureModel } from '../fetch.ts';
import { parentMasks } from '../train/photos/parent-masks.ts';
import { count } from './count.ts';
import { startProgress } from './progress-line.ts';

interface EdgesFlags {
  readonly evaluation: string;
  readonly sets?: readonly string[];
  readonly limit?: number;
  readonly threads: number;
}

/** Adds `edges` to the workshop's command line. */
export function registerEdges(program: Command): void {
  program
    .command('edges')
    .description('Measure what fast and fine edges make of a mask, beside scaling it, at the photos’ own size')
    .argument('<models...>', 'packed folders or models out of the list')
    .requiredOption('--evaluation <dir>', 'SET/images/NAME.jpg with SET/masks/NAME.png, best with exact opacity')
    .option('--sets <names>', 'only these sets, with commas', (text: string) => text.split(','))
    .option('--limit <count>', 'photos of each set at most', count)
    .option('--threads <count>', 'threads of a network', count, 1)
    .addHelpText(
      'after',
      '\nColours are measured where the same cut-out (the same file in masks/, under two names) lies on two or more backdrops.',
    )
    .action(edgesCommand);
}

async function edgesCommand(names: readonly string[], flags: EdgesFlags): Promise<void> {
  const { evaluation, limit, threads } = flags;
  const sets = (await listSets(evaluation, limit === undefined ? {} : { limit })).filter(
    ({ name }) => flags.sets?.includes(name) ?? true,
  );
  for (const name of names) {
    const model = await ensureModel(name);
    for (const set of sets) {
      const progress = startProgress(`${name} ${set.name}`);
      const source = parentMasks(model, { cache: join(cacheFolder(), 'masks'), threads });
      const onPhoto = (done: number) => progress.report({ step: `photo ${done} of ${set.pairs.length}` });
      const measured = await measureEdges(set, source, onPhoto).finally(progress.stop);
      console.log(describeEdges(`${name} ${set.name}`, measured));
    }
  }
}
