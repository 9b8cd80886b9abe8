import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { DEFAULT_MODEL, TIERS } from '#models/tiers.ts';
import type { Cloud } from '../batch/cloud.ts';
import { type Place, stackNameOf } from '../batch/place.ts';
import { typedFlags } from './cloud-flags.ts';
import { findModel } from './find-model.ts';
import { onInterrupt } from './interrupt.ts';
import { runCdkQuietly } from './run-cdk.ts';
import { addDoubtFlags, type DoubtFlags, defaultWorkers } from './run-flags.ts';

interface UpFlags extends DoubtFlags {
  readonly endpoint: string;
  readonly stage: string;
  readonly model: string;
  readonly workers?: number;
}

const LOOK_EVERY_MS = 5_000;

const HELP = `
Examples:
  cutline up --endpoint http://127.0.0.1:5000          moto: moto_server -p 5000
  cutline up --endpoint http://127.0.0.1:4566          MiniStack: ministack
  cutline submit photos/ --endpoint http://127.0.0.1:4566

Makes buckets, queues and the upload rule of the synthesized stack there; the workers run here, until Ctrl-C.`;

/** Adds `cutline up --endpoint URL`. */
export function registerUp(program: Command): void {
  const command = program
    .command('up')
    .description('run the stack on an AWS emulator, with the workers on this machine')
    .requiredOption('--endpoint <url>', 'where the emulator listens')
    .option('--stage <name>', 'which deployment', 'dev')
    .option(
      '--model <id|folder>',
      `${TIERS.join(', ')}, a model of \`npm run model -- list\`, or a folder of yours`,
      DEFAULT_MODEL,
    );
  addDoubtFlags(command)
    .option('--workers <n>', 'photos at once (default: as cores and memory allow)', workerCount)
    .addHelpText('after', HELP)
    .action(up);
}

function workerCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0 && count <= 256) return count;
  throw new InvalidArgumentError('Expected a whole number from 1 to 256.');
}

async function up({ endpoint, stage, workers = defaultWorkers(), ...flags }: UpFlags): Promise<void> {
  const [{ openCloud }, { createEmulated }, { workQueue }] = await Promise.all([
    import('../batch/cloud.ts'),
    import('../batch/create-emulated.ts'),
    import('../batch/work-queue.ts'),
  ]);
  const { folder: modelFolder } = await findModel(flags.model);
  const bigger = flags.escalate === undefined ? undefined : await findModel(flags.escalate);
  console.error('Synthesizing the stack ...');
  const cloud = openCloud({ endpoint });
  const place = await createEmulated(cloud, stage, await synthesize(stage));
  console.log(JSON.stringify({ photos: place.photosBucket, cutouts: place.cutoutsBucket }));
  console.error(
    `${workers} at work until Ctrl-C. In another terminal: cutline submit photos/${typedFlags({ stage, endpoint })}`,
  );
  const interrupt = onInterrupt(() => console.error('Finishing the photos in hand.'));
  // Workers that cannot go on end this command, and with it the look-out for ended batches.
  const over = new AbortController();
  const watching = tellEnds(cloud, place, AbortSignal.any([interrupt.signal, over.signal]));
  try {
    await workQueue(cloud, place, {
      workers,
      modelFolder,
      doubts: { ...flags, escalateFolder: bigger?.folder },
      signal: interrupt.signal,
      onPhoto: ({ key, outcome, code }) => console.error(`${outcome}  ${key}${code === undefined ? '' : ` (${code})`}`),
    });
  } finally {
    over.abort();
    await watching;
    interrupt.dispose();
  }
}

/** Does what the function BatchEnd does on AWS, and says so here, too. */
async function tellEnds(cloud: Cloud, place: Place, signal: AbortSignal): Promise<void> {
  const { endBatches } = await import('../batch/end-batches.ts');
  while (!signal.aborted) {
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
    // What one look misses, for whatever reason, the next one sees.
    const ended = await endBatches(cloud, place, Date.now()).catch(() => []);
    const flags = typedFlags({ stage: place.stage, endpoint: cloud.endpoint ?? '' });
    for (const id of ended) console.error(`Batch ${id} has ended: cutline report ${id}${flags}`);
  }
}

/** CDK lives in a process of its own: it takes seconds, and nothing that runs workers should load it. */
async function synthesize(stage: string): Promise<unknown> {
  const out = await mkdtemp(join(tmpdir(), 'cutline-synth-'));
  try {
    const args = ['synth', '--quiet', '--no-notices', '-o', out, '-c', `stage=${stage}`];
    await runCdkQuietly(args);
    return JSON.parse(await readFile(join(out, `${stackNameOf(stage)}.template.json`), 'utf8'));
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}
