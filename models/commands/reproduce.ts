import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { cacheFolder } from '../cache-folder.ts';
import { readChain } from '../chain.ts';
import { ensureModel } from '../fetch.ts';
import { keepHeap } from '../keep-heap.ts';
import { reproduce } from '../reproduce.ts';
import { writeCurve } from '../train/curve.ts';
import { describeSize } from './fetch.ts';
import { startProgress } from './progress-line.ts';
import { startTrainingLine } from './training-line.ts';
import { untilStopped } from './until-stopped.ts';

interface ReproduceFlags {
  readonly calibration: string;
  readonly work?: string;
  readonly out?: string;
}

/** Adds `reproduce` to the workshop's command line. */
export function registerReproduce(program: Command): void {
  program
    .command('reproduce')
    .description('Make a tier again from its parent by its recipe; killed, the same command goes on')
    .argument('<tier>', 'fast, balanced, quality, or a JSON file like those in recipes/')
    .requiredOption('--calibration <dir>', 'photos to watch, repair and learn on; no labels needed')
    .option('--work <dir>', "where to keep each step's result instead of the cache")
    .option('--out <dir>', 'where to put the tier instead of among the fetched models')
    .action(reproduceCommand);
}

async function reproduceCommand(tier: string, flags: ReproduceFlags): Promise<void> {
  keepHeap();
  const chain = await readChain(tier);
  const progress = startProgress(chain.parent);
  const parent = await ensureModel(chain.parent, { onProgress: progress.report }).finally(progress.stop);
  const work = flags.work ?? join(cacheFolder(), 'reproduce', chain.id);
  const line = startTrainingLine(chain.id, (text) => console.log(text));
  const made = await reproduce(parent, chain, {
    calibration: flags.calibration,
    work,
    untilStopped,
    log: (text) => console.log(text),
    onProgress: line.report,
    onCurve: (curve) => void writeCurve(work, curve, chain.id),
  }).finally(line.stop);
  const out = flags.out ?? join(cacheFolder(), 'models', chain.id);
  await rm(out, { recursive: true, force: true });
  await cp(made.folder, out, { recursive: true });
  console.log(`${describeSize(made.manifest)}, packed in ${out}`);
}
