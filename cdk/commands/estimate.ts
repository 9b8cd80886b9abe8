import type { Command } from 'commander';
import { DEFAULT_MODEL } from '#models/tiers.ts';
import type { PhotoCost } from '../batch/estimate.ts';
import type { Place } from '../batch/place.ts';
import { duration, bytes as inBytes, photoCount } from '../report/words.ts';
import { defaultWorkers } from './run-flags.ts';

interface EstimateFlags {
  readonly stage?: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly photos?: string;
  readonly model: string;
  readonly json?: boolean;
}

type Machine = Pick<Place, 'memoryMb' | 'architecture' | 'maxConcurrency'>;

/** As in `cdk/stage-settings.ts`, which would bring CDK along. */
const NEW_STAGE: Machine = { memoryMb: 2_048, architecture: 'arm64', maxConcurrency: 50 };

const HELP = `
Examples:
  cutline estimate photos/                    this machine and a new stage on AWS; asks nothing of AWS
  cutline estimate catalogue.csv --model quality
  cutline estimate s3://my-photos/spring/ --stage prod      what this stage's photos have taken so far

Where no stage says what its photos took, expect a third more on processors without AVX-512 and on arm64, which was
not measured. Prices are list prices of us-east-1, without taxes, transfer and the free tier.`;

/** Adds `cutline estimate SRC`. */
export function registerEstimate(program: Command): void {
  program
    .command('estimate')
    .description('time and cost of a batch, before anything runs')
    .argument('<SRC>', 'what submit takes: folder, CSV file, s3://bucket/prefix, or an S3 Inventory')
    .option('--stage <name>', 'reckon with this deployment: its size and what its photos have taken')
    .option('--endpoint <url>', 'an emulator instead of AWS')
    .option('--region <region>', "the region (default: AWS_REGION or the profile's)")
    .option('--photos <folder>', "folder that a CSV file's keys are paths in")
    .option('--model <id|folder>', 'the network, where no stage says what it takes', DEFAULT_MODEL)
    .option('--json', 'the figures as one JSON object')
    .addHelpText('after', HELP)
    .action(run);
}

async function run(text: string, flags: EstimateFlags): Promise<void> {
  const [{ countSource }, { estimate }, { openCloud }] = await Promise.all([
    import('../batch/count-source.ts'),
    import('../batch/estimate.ts'),
    import('../batch/cloud.ts'),
  ]);
  const source = await countSource(text, { openCloud: () => openCloud(flags), photosFolder: flags.photos });
  const { place, cost } = flags.stage === undefined ? await newStage(flags) : await knownStage(flags, flags.stage);
  const figures = estimate(source, { cost, place, localWorkers: defaultWorkers() });
  if (flags.json) return console.log(JSON.stringify({ ...figures, bytes: source.bytes, from: cost.from }));

  const { dollars } = await import('../batch/prices.ts');
  const { memoryMb, architecture, maxConcurrency } = place;
  const { localSeconds, localWorkers, awsSeconds, awsUsd, storageUsdPerMonth: storage } = figures;
  const size = source.bytes === null ? '' : `, ${inBytes(source.bytes)}`;
  const kept = storage === null ? '' : `; to keep the cutouts as PNG, ${dollars(storage)} a month`;
  console.log(`${photoCount(source.photos)}${size}, about ${cost.seconds.toFixed(1)} s each (${cost.from})
This machine, ${localWorkers} at once: about ${duration(localSeconds * 1_000)}
AWS, ${maxConcurrency} at once (${memoryMb.toLocaleString('en')} MB, ${architecture}): about ${duration(awsSeconds * 1_000)}, ${dollars(awsUsd)}${kept}`);
}

async function newStage({ model }: EstimateFlags): Promise<{ place: Machine; cost: PhotoCost }> {
  const { interpolatedPhotoCost, measuredPhotoCost } = await import('../batch/estimate.ts');
  const measured = measuredPhotoCost(model);
  if (measured !== undefined) return { place: NEW_STAGE, cost: measured };
  const { findModel } = await import('./find-model.ts');
  const { manifest } = await findModel(model);
  return { place: NEW_STAGE, cost: interpolatedPhotoCost(manifest.macs, model) };
}

async function knownStage(flags: EstimateFlags, stage: string): Promise<{ place: Machine; cost: PhotoCost }> {
  const [{ openStage }, { observedPhotoCost }] = await Promise.all([
    import('./cloud-flags.ts'),
    import('../batch/observed-cost.ts'),
  ]);
  const { cloud, place } = await openStage({ ...flags, stage });
  return { place, cost: (await observedPhotoCost(cloud, place)) ?? (await newStage(flags)).cost };
}
