import type { Command } from 'commander';
import type { Cloud } from '../batch/cloud.ts';
import type { Place } from '../batch/place.ts';

/** Flags of every command that talks to AWS. */
export interface CloudFlags {
  readonly stage: string;
  readonly endpoint?: string;
  readonly region?: string;
}

export function addCloudFlags(command: Command): Command {
  return command
    .option('--stage <name>', 'which deployment', 'dev')
    .option('--endpoint <url>', 'an emulator instead of AWS, e.g. http://127.0.0.1:4566')
    .option('--region <region>', "the region (default: AWS_REGION or the profile's)");
}

/** Opens the clients and finds the stage's buckets and queues. Loaded here, so that `--help` needs no SDK. */
export async function openStage(flags: CloudFlags): Promise<{ readonly cloud: Cloud; readonly place: Place }> {
  const [{ openCloud }, { findPlace }] = await Promise.all([import('../batch/cloud.ts'), import('../batch/place.ts')]);
  const cloud = openCloud(flags);
  return { cloud, place: await findPlace(cloud, flags.stage) };
}
