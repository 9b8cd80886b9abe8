import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { Segmenter } from '#functions/imaging/segment.ts';
import { mallocSettings } from '#functions/remove-background/malloc.ts';
import { SMALL_YOUNG_HEAP } from '#functions/remove-background/young-heap.ts';
import { cacheFolder } from '#models/cache-folder.ts';
import { ensureModel } from '#models/fetch.ts';
import { DEFAULT_MODEL, TIERS } from '#models/tiers.ts';
import { IMGLY_PACKAGE, IMGLY_VERSION, installImgly } from '../bench/install-imgly.ts';
import { type BenchResult, runBench } from '../bench/run-bench.ts';
import { edgesTable, figuresTable, stagesTable } from '../bench/tables.ts';
import type { ToolProcessOptions } from '../bench/tool-process.ts';
import { ensureSample } from './sample-catalogue.ts';

interface BenchFlags {
  readonly json?: string;
  readonly model: string;
  readonly rounds: number;
}

/** Adds `cutline bench`. */
export function registerBench(program: Command): void {
  program
    .command('bench')
    .description(`measure this pipeline beside ${IMGLY_PACKAGE} ${IMGLY_VERSION} on the same photos`)
    .option('--json <FILE>', 'write the figures there, too')
    .option(
      '--model <ID>',
      `${TIERS.join(', ')}, a model of the catalogue, or the folder of a packed one`,
      DEFAULT_MODEL,
    )
    .option('--rounds <N>', 'cutouts that count, per tool and size', parseRounds, 6)
    .addHelpText(
      'after',
      '\nExample:\n  cutline bench --rounds 3 --json figures.json\n\nThe first two cutouts of a process never count. Expect a few minutes.',
    )
    .action(bench);
}

function parseRounds(text: string): number {
  const rounds = Number(text);
  if (Number.isInteger(rounds) && rounds > 0) return rounds;
  throw new InvalidArgumentError('Expected a whole number above 0.');
}

async function bench({ json, model, rounds }: BenchFlags): Promise<void> {
  const say = (message: string) => console.error(message);
  const { photos } = await ensureSample({ onProgress: say });
  const { folder, manifest } = await ensureModel(model, { onProgress: ({ step }) => say(`Model ${model}: ${step}`) });
  say(`Installing ${IMGLY_PACKAGE} ${IMGLY_VERSION} in the cache, where it is not yet`);
  const tools: readonly ToolProcessOptions[] = [
    { program: 'cutline', folder, env: mallocSettings([folder]), flags: [SMALL_YOUNG_HEAP] },
    { program: 'imgly', folder: await installImgly(cacheFolder()) },
  ];

  const result = await runBench({
    tools,
    segmenter: await Segmenter.open(join(folder, 'model.onnx'), manifest),
    models: { cutline: manifest.id, imgly: 'isnet' },
    catalogue: photos,
    rounds,
    onCutout: (tool, { cpuMs, wallMs }) => say(`${tool}: ${Math.round(cpuMs)} ms CPU, ${Math.round(wallMs)} ms`),
  });

  if (json !== undefined) await writeFile(resolve(json), `${JSON.stringify(result, null, 2)}\n`);
  console.log(describe(result, manifest.input));
}

function describe(
  { machine, runs, edges, pixels }: BenchResult,
  input: { readonly width: number; readonly height: number },
): string {
  const [ours] = runs;
  const truth = pixels.map(
    ({ tool, colours, colourError }) =>
      `${tool} ${colours.toLocaleString('en')} colours, off by ${colourError.toFixed(1)} of 255 on average`,
  );
  return `
${figuresTable(runs)}

${stagesTable(runs)}

${edgesTable(edges)}

Medians of ${ours?.rounds ?? 0} cutouts from the third on, taking turns; CPU of all threads; from reading the photo to having written a PNG.
cutline: model ${ours?.model} at ${input.width} x ${input.height}, 1 thread, the workers' memory settings.
imgly: its defaults (model "medium": IS-Net at 1024 x 1024 in float16), onnxruntime on every core (${machine.cores} here: ${machine.cpu}).
Opaque pixels against the photo's: ${truth.join('; ')}. imgly's PNG is a palette by default, which makes it smaller.
The 12-megapixel photos are scaled up, so softer and smaller as PNG than a camera's.`;
}
