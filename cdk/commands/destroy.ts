import type { Command } from 'commander';
import { photoCount } from '../report/words.ts';
import { addCloudFlags, type CloudFlags, openStage } from './cloud-flags.ts';
import { confirm } from './confirm.ts';

interface DestroyFlags extends CloudFlags {
  readonly yes?: boolean;
}

const HELP = `
Example:
  cutline destroy --stage dev

The photos and cutouts stay, in buckets that the stack lets go of. What waits in the queues is gone.`;

/** Adds `cutline destroy`. */
export function registerDestroy(program: Command): void {
  const command = program.command('destroy').description('remove a deployment; the buckets stay');
  addCloudFlags(command).option('--yes', "don't ask").addHelpText('after', HELP).action(destroy);
}

async function destroy(flags: DestroyFlags): Promise<void> {
  const [{ countMessages }, { destroyStage }, { BatchError }] = await Promise.all([
    import('../batch/failed-photos.ts'),
    import('../batch/destroy-stage.ts'),
    import('../batch/batch-error.ts'),
  ]);
  const { cloud, place } = await openStage(flags);
  const [waiting, failed] = [
    await countMessages(cloud, place.photoQueueUrl),
    await countMessages(cloud, place.failedPhotosUrl),
  ];
  const kept = `s3://${place.photosBucket} and s3://${place.cutoutsBucket}`;
  console.error(`Removes the stage ${place.stage}: its function, queues, alarms and dashboard.
Forgets ${photoCount(waiting)} waiting and ${failed.toLocaleString('en')} failed.
Keeps ${kept} with all that is in them.`);
  if (!(flags.yes ?? false) && !(await confirm(`Remove the stage ${place.stage}?`))) {
    throw new BatchError('not_confirmed', 'Nothing was removed. Run it with --yes to go ahead without being asked.');
  }
  await destroyStage(cloud, place.stage);
  console.log(`Removed. Kept: ${kept}. To remove them, too: aws s3 rb --force s3://...`);
}
