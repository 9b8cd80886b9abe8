import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { addCloudFlags, type CloudFlags, openStage } from './cloud-flags.ts';
import type { Target } from './target-folder.ts';

interface StatusFlags extends CloudFlags {
  readonly watch?: boolean;
  readonly json?: boolean;
}

const LOOK_EVERY_MS = 10_000;

/** Adds `cutline status BATCH`. */
export function registerStatus(program: Command): void {
  const command = program
    .command('status')
    .description('how far a batch is: progress, rate, time left, cost so far')
    .argument('<BATCH>', 'the id that submit printed, or the folder that run writes to');
  addCloudFlags(command)
    .option('--watch', 'look again every 10 s until every photo has ended')
    .option('--json', 'the figures as one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  cutline status spring --watch\n  cutline status cutouts/\n\nExit codes: 0 all done, 1 some rejected, failed or still waiting.\nThe first look that finds the batch at its end sends "Batch Completed" to EventBridge.',
    )
    .action(status);
}

async function status(id: string, flags: StatusFlags): Promise<void> {
  const { findTarget } = await import('./target-folder.ts');
  const target = await findTarget(id, flags);
  return target === null ? await batchStatus(id, flags) : await targetStatus(target, flags);
}

async function targetStatus(target: Target, { watch = false, json = false }: StatusFlags): Promise<void> {
  const { printTargetStatus } = await import('./target-folder.ts');
  for (;;) {
    const { ended, done } = await printTargetStatus(target, json);
    process.exitCode = done ? 0 : 1;
    if (!watch || ended) return;
    await sleep(LOOK_EVERY_MS);
  }
}

async function batchStatus(id: string, flags: StatusFlags): Promise<void> {
  const [{ readOutcomes }, { describeProgress, progressOf }, { announceCompletion }, { requireManifest }] =
    await Promise.all([
      import('../batch/batch-outcomes.ts'),
      import('../batch/batch-progress.ts'),
      import('../batch/complete-batch.ts'),
      import('../batch/read-manifest.ts'),
    ]);
  const { cloud, place } = await openStage(flags);
  const manifest = await requireManifest(cloud, place, id);
  const cache = new Map();
  for (;;) {
    const outcomes = await readOutcomes(cloud, place, { manifest, cache });
    const progress = progressOf(outcomes, { manifest, place, nowMs: Date.now() });
    console.log(flags.json ? JSON.stringify(progress) : describeProgress(progress));
    await announceCompletion(cloud, place, { manifest, progress });
    process.exitCode = progress.done === progress.photos ? 0 : 1;
    if (flags.watch !== true || progress.waiting === 0) return;
    await sleep(LOOK_EVERY_MS);
  }
}
