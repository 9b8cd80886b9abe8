import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { BUILT_IN_PRESETS } from '#functions/contract/built-in-presets.ts';
import type { Edges } from '#functions/contract/edges.ts';
import type { Preset } from '#functions/contract/preset.ts';
import { isPackedModel, readPackedModel } from '#models/pack.ts';
import { DEFAULT_MODEL } from '#models/tiers.ts';
import { STATE_FOLDER } from '../local/photos-folder.ts';
import { requireSource } from '../local/run-folders.ts';
import type { RunPhotos } from '../studio/server/folder-place.ts';
import type { StudioStore } from '../studio/server/studio-store.ts';
import { addCloudFlags, type CloudFlags, openStage } from './cloud-flags.ts';
import { doubtSettings } from './doubt-settings.ts';
import { wholeNumber } from './flag-values.ts';
import { onInterrupt } from './interrupt.ts';
import { addEdgesOption, addPresetOption } from './preset-flags.ts';
import { readPreset } from './read-preset.ts';
import { addDoubtFlags, type DoubtFlags, defaultWorkers } from './run-flags.ts';
import { UsageError } from './usage-error.ts';

interface StudioFlags extends CloudFlags, DoubtFlags {
  readonly photos?: string;
  readonly batch?: string;
  readonly model: string;
  readonly preset?: readonly string[];
  readonly edges?: Edges;
  readonly workers?: number;
  readonly port: number;
}

const DEFAULT_TARGET = 'studio-cutouts';

const HELP = `
Examples:
  cutline studio                                 drop photos on the page; results go to ./${DEFAULT_TARGET}
  cutline studio cutouts/                        look through what was cut out into it
  cutline studio cutouts/ --photos photos/       the same for results whose photos were moved
  cutline studio --model fast --escalate quality the big model only where the fast one is in doubt
  cutline studio --batch spring                  a batch on AWS, with your own credentials
  cutline studio --endpoint http://127.0.0.1:5000  the stack on an emulator

A stack's workers have their own model, --escalate, --review-below and --reject-below: these here are for photos that are
cut out on this machine, trials of a batch among them.

The page is served on 127.0.0.1 only, to whoever has the address that is printed. Ctrl-C ends it.`;

/** Adds `cutline studio`. */
export function registerStudio(program: Command): void {
  const command = program
    .command('studio')
    .description('see a batch in the browser, judge the doubtful, drop photos, try a model')
    .argument('[DST]', 'the folder of cutouts and records', DEFAULT_TARGET);
  addPresetOption(addCloudFlags(command))
    .option('--photos <folder>', 'where the photos lie (default: where they were cut out from)')
    .option('--batch <id>', 'a batch on AWS, or on --endpoint')
    .option('--model <id|folder>', 'what is chosen at first', DEFAULT_MODEL);
  addEdgesOption(addDoubtFlags(command))
    .option('--workers <n>', 'photos at once (default: as cores and memory allow)', wholeNumber(1, 256))
    .option('--port <n>', 'where to listen (default: any that is free)', port, 0)
    .addHelpText('after', HELP)
    .action((dst: string, flags: StudioFlags) => studio(dst, flags));
}

function port(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value < 65_536) return value;
  throw new InvalidArgumentError('Expected a port from 0 to 65535.');
}

async function studio(dst: string, flags: StudioFlags): Promise<void> {
  const given = await readPresets(flags.preset ?? ['transparent']);
  const presets = new Map([...BUILT_IN_PRESETS, ...given.map((preset) => [preset.id, preset] as const)]);
  const [{ startStudio }, { localRunner }] = await Promise.all([
    import('../studio/server/start-studio.ts'),
    import('../studio/server/run-photos.ts'),
  ]);
  const model = (await isPackedModel(flags.model)) ? await readPackedModel(flags.model) : undefined;
  const doubt = await doubtSettings(flags);
  const { escalate } = flags;
  const run = localRunner({ presets, model, doubt, escalate, workers: flags.workers ?? defaultWorkers() });
  const isCloud = flags.batch !== undefined || flags.endpoint !== undefined;
  const running = await startStudio({
    store: isCloud ? await openCloudStore(flags) : await openFolderStore(resolve(dst), flags, run),
    run,
    presets,
    defaults: {
      model: model?.manifest.id ?? flags.model,
      presets: given.map(({ id }) => id),
      edges: flags.edges ?? null,
    },
    model,
    port: flags.port,
    cache: isCloud ? undefined : join(resolve(dst), STATE_FOLDER, 'pictures'),
  });
  console.log(running.address);
  console.error('Open this address in a browser. Ctrl-C ends the studio.');
  await untilInterrupted();
  await running.close();
}

async function readPresets(given: readonly string[]): Promise<readonly Preset[]> {
  try {
    return await Promise.all(given.map(readPreset));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function openFolderStore(dst: string, { photos }: StudioFlags, run: RunPhotos): Promise<StudioStore> {
  const { openFolderPlace } = await import('../studio/server/folder-place.ts');
  const source = photos === undefined ? undefined : await requireSource(photos);
  return await openFolderPlace({ dst, photos: source, run });
}

async function openCloudStore(flags: StudioFlags): Promise<StudioStore> {
  const [{ openCloudPlace }, { requireManifest }] = await Promise.all([
    import('../studio/server/cloud-place.ts'),
    import('../batch/read-manifest.ts'),
  ]);
  const { cloud, place } = await openStage(flags);
  const manifest = flags.batch === undefined ? undefined : await requireManifest(cloud, place, flags.batch);
  return openCloudPlace(cloud, place, { manifest });
}

async function untilInterrupted(): Promise<void> {
  await new Promise<void>((done) => {
    onInterrupt(() => {
      console.error('Finishing the photos in hand.');
      done();
    });
  });
}
