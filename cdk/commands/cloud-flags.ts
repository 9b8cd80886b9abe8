import type { Command } from 'commander';
import type { Cloud } from '../batch/cloud.ts';
import type { Place } from '../batch/place.ts';

/** Flags of every command that talks to AWS. */
export interface CloudFlags {
  readonly stage: string;
  readonly endpoint?: string;
  readonly region?: string;
}

export const DEFAULT_STAGE = 'dev';

export function addCloudFlags(command: Command): Command {
  return command
    .option('--stage <name>', 'which deployment', DEFAULT_STAGE)
    .option('--endpoint <url>', 'an emulator instead of AWS, e.g. http://127.0.0.1:4566')
    .option('--region <region>', "the region (default: AWS_REGION or the profile's)");
}

/** @returns The flags as somebody would type them behind another command about the same stage, with a space in front; none where none is needed. */
export function typedFlags({ stage, endpoint, region }: CloudFlags): string {
  const given = [
    stage === DEFAULT_STAGE ? [] : ['--stage', stage],
    endpoint === undefined ? [] : ['--endpoint', endpoint],
  ];
  const words = [...given, region === undefined ? [] : ['--region', region]].flat();
  return words.map((word) => ` ${word}`).join('');
}

/** Opens the clients and finds the stage's buckets and queues. Loaded here, so that `--help` needs no SDK. */
export async function openStage(flags: CloudFlags): Promise<{ readonly cloud: Cloud; readonly place: Place }> {
  const [{ openCloud }, { findPlace }] = await Promise.all([import('../batch/cloud.ts'), import('../batch/place.ts')]);
  const cloud = openCloud(flags);
  return { cloud, place: await findPlace(cloud, flags.stage) };
}
