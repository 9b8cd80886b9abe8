import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Network } from '#functions/imaging/segment.ts';
import { makeBenchPhotos } from './bench-photos.ts';
import { comparePixels, type PixelFacts } from './compare-pixels.ts';
import { type EdgesRun, measureEdges } from './measure-edges.ts';
import { cutoutFile, type MeasureOptions, measureTools, type ToolName } from './measure-tools.ts';
import { type BenchRun, summarise } from './summarise.ts';
import type { ToolProcessOptions } from './tool-process.ts';

export interface BenchOptions {
  readonly tools: readonly ToolProcessOptions[];
  /** What the network is called in the figures, by tool. */
  readonly models: Readonly<Record<ToolName, string>>;
  /** Of this process, for what is measured apart. @default none of that */
  readonly segmenter?: Pick<Network, 'segment'>;
  /** Folder of the sample catalogue's photos. */
  readonly catalogue: string;
  readonly rounds: number;
  readonly onCutout: MeasureOptions['onCutout'];
  /** @default 2 and 12 */
  readonly megapixels?: readonly number[];
  /** @default 2: each peer gets faster until its third cutout. */
  readonly warmUp?: number;
}

export const BENCH_DEFAULTS = { megapixels: [2, 12], warmUp: 2 } as const;

export interface BenchResult {
  /** Ratios travel from machine to machine, milliseconds don't. */
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string };
  readonly runs: readonly BenchRun[];
  /** One a size, where there is a segmenter. */
  readonly edges: readonly EdgesRun[];
  /** Of the first photo at the smallest size. */
  readonly pixels: readonly (PixelFacts & { readonly tool: ToolName })[];
}

/** Measures every tool at every size, in new processes each. Cost: minutes of CPU. */
export async function runBench(options: BenchOptions): Promise<BenchResult> {
  const { tools, models, segmenter, catalogue, rounds, onCutout, megapixels, warmUp } = {
    ...BENCH_DEFAULTS,
    ...options,
  };
  const folder = await mkdtemp(join(tmpdir(), 'cutline-bench-'));
  try {
    const runs: BenchRun[] = [];
    const edges: EdgesRun[] = [];
    const pixels: BenchResult['pixels'][number][] = [];
    for (const size of megapixels) {
      const photos = await makeBenchPhotos(catalogue, { megapixels: size, folder });
      if (segmenter !== undefined)
        edges.push(await measureEdges({ megapixels: size, photos, segmenter, warmUp, rounds }));
      const measuring = { megapixels: size, photos, warmUp, rounds, folder, onCutout };
      for (const series of await measureTools(tools, measuring)) {
        runs.push(summarise(series, { model: models[series.tool], warmUp }));
        const [photo] = photos;
        if (size !== Math.min(...megapixels) || photo === undefined) continue;
        const cutout = await readFile(cutoutFile(measuring, series.tool, 0));
        pixels.push({ tool: series.tool, ...(await comparePixels(photo, cutout)) });
      }
    }
    const machine = { cpu: cpus()[0]?.model ?? '', cores: availableParallelism(), node: process.version };
    return { machine, runs, edges, pixels };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
