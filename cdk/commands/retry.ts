import type { Command } from 'commander';
import { photoCount } from '../report/words.ts';
import { addCloudFlags, type CloudFlags, openStage } from './cloud-flags.ts';
import { UsageError } from './usage-error.ts';

interface RetryFlags extends CloudFlags {
  readonly failed?: boolean;
  readonly review?: boolean;
  readonly changed?: boolean;
  readonly preset?: string;
}

const HELP = `
Examples:
  cutline retry spring --failed                what failed, and what waits although the queue is empty
  cutline retry spring --review --preset white the doubtful ones, another way
  cutline retry cutouts/ --review --preset white
  cutline retry spring --changed               after another model or preset was deployed: what is unchanged costs a look

A photo whose photo, preset, model and version are the same as before is not cut out again.`;

/** Adds `cutline retry BATCH`. */
export function registerRetry(program: Command): void {
  const command = program
    .command('retry')
    .description('send some photos of a batch again')
    .argument('<BATCH>', 'its id, or the folder that run writes to');
  addCloudFlags(command)
    .option('--failed', 'those that failed')
    .option('--review', 'cutouts that should be looked at or were refused')
    .option('--changed', 'all that ended: what has changed since is done again')
    .option('--preset <id>', 'another preset for them')
    .addHelpText('after', HELP)
    .action(retry);
}

async function retry(id: string, flags: RetryFlags): Promise<void> {
  const { failed = false, review = false, changed = false, preset } = flags;
  if (!failed && !review && !changed)
    throw new UsageError('Expected --failed, --review or --changed, got none of them');
  const { findTarget, retryTarget } = await import('./target-folder.ts');
  const target = await findTarget(id, flags);
  if (target !== null) {
    const { readPreset } = await import('./read-preset.ts');
    const other = preset === undefined ? undefined : await readPreset(preset).catch(refused);
    process.exitCode = await retryTarget(target, { failed, review, changed, preset: other });
    return;
  }
  const { retryBatch } = await import('../batch/retry-batch.ts');
  const { cloud, place } = await openStage(flags);
  const sent = await retryBatch(cloud, place, { id, choice: { failed, review, changed, preset } });
  const isSame = sent > 0 && review && preset === undefined;
  const hint = isSame ? '\nWith the same preset, model and version they come out as they are: see --preset.' : '';
  console.log(`${photoCount(sent)} sent again${hint}`);
}

function refused(error: unknown): never {
  throw new UsageError(error instanceof Error ? error.message : String(error));
}
