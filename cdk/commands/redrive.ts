import type { Command } from 'commander';
import { photoCount } from '../report/words.ts';
import { addCloudFlags, type CloudFlags, openStage } from './cloud-flags.ts';

/** Adds `cutline redrive`. */
export function registerRedrive(program: Command): void {
  const command = program.command('redrive').description('send every failed photo of a stage again');
  addCloudFlags(command)
    .addHelpText('after', '\nExample:\n  cutline redrive --stage prod\n\nOne batch only: cutline retry BATCH --failed')
    .action(redrive);
}

async function redrive(flags: CloudFlags): Promise<void> {
  const { redriveFailed } = await import('../batch/redrive.ts');
  const { cloud, place } = await openStage(flags);
  const { moved, by } = await redriveFailed(cloud, place);
  console.log(`${photoCount(moved)} sent again${by === 'sqs' ? ' by SQS itself' : ''}`);
}
