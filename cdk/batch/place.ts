import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { z } from 'zod';
import { BatchError } from './batch-error.ts';
import type { Cloud } from './cloud.ts';

const Outputs = z.object({
  PhotosBucket: z.string(),
  CutoutsBucket: z.string(),
  PhotoQueueUrl: z.string(),
  FailedPhotosUrl: z.string(),
  MemoryMb: z.coerce.number().positive().default(2_048),
  Architecture: z.enum(['arm64', 'x86_64']).default('arm64'),
  MaxConcurrency: z.coerce.number().positive().default(50),
});

/** Where one stage's photos, cutouts and queues are. */
export interface Place {
  readonly stage: string;
  readonly photosBucket: string;
  readonly cutoutsBucket: string;
  readonly photoQueueUrl: string;
  readonly failedPhotosUrl: string;
  /** The function's size, which its price follows. */
  readonly memoryMb: number;
  readonly architecture: 'arm64' | 'x86_64';
  readonly maxConcurrency: number;
}

/** CloudFormation's name for a stage's stack, as in `cdk/stage-settings.ts`, which this must not load: it brings CDK along. */
export function stackNameOf(stage: string): string {
  return `Cutline-${stage}`;
}

/**
 * Asks CloudFormation where a stage's stack put everything.
 *
 * @throws {BatchError} `stage_missing` when there is no such stack.
 */
export async function findPlace(cloud: Cloud, stage: string): Promise<Place> {
  const outputs = Outputs.safeParse(await stackOutputs(cloud, stage));
  if (!outputs.success) throw stageMissing(cloud, stage);
  const { data } = outputs;
  return {
    stage,
    photosBucket: data.PhotosBucket,
    cutoutsBucket: data.CutoutsBucket,
    photoQueueUrl: data.PhotoQueueUrl,
    failedPhotosUrl: data.FailedPhotosUrl,
    memoryMb: data.MemoryMb,
    architecture: data.Architecture,
    maxConcurrency: data.MaxConcurrency,
  };
}

async function stackOutputs(cloud: Cloud, stage: string): Promise<Record<string, string | undefined>> {
  try {
    const { Stacks: [stack] = [] } = await cloud.cloudFormation.send(
      new DescribeStacksCommand({ StackName: stackNameOf(stage) }),
    );
    const outputs = stack?.Outputs ?? [];
    return Object.fromEntries(outputs.map(({ OutputKey = '', OutputValue }) => [OutputKey, OutputValue]));
  } catch (error) {
    // AWS says ValidationError where there is no such stack.
    if (error instanceof Error && error.name === 'ValidationError') return {};
    throw error;
  }
}

function stageMissing({ endpoint }: Cloud, stage: string): BatchError {
  const how = endpoint === undefined ? `cutline deploy --stage ${stage}` : `cutline up --endpoint ${endpoint}`;
  return new BatchError(
    'stage_missing',
    `Expected the stack ${stackNameOf(stage)} with its outputs, found none. Run: ${how}, or name another --stage or region.`,
  );
}
