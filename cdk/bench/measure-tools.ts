import { join } from 'node:path';
import type { Measurement } from './protocol.ts';
import { ToolProcess, type ToolProcessOptions } from './tool-process.ts';

/** A tool by its program's name. */
export type ToolName = ToolProcessOptions['program'];

/** Every cutout one process made of photos of one size, in order: the first is a cold start. */
export interface Series {
  readonly tool: ToolName;
  readonly megapixels: number;
  readonly measurements: readonly Measurement[];
}

export interface MeasureOptions {
  readonly megapixels: number;
  /** JPEG files, taken in turn. */
  readonly photos: readonly string[];
  /** Cutouts a process makes before it counts: each peer gets faster until its third. */
  readonly warmUp: number;
  /** Cutouts that count. */
  readonly rounds: number;
  /** Where the cutouts go: see {@link cutoutFile}. */
  readonly folder: string;
  readonly onCutout: (tool: ToolName, measurement: Measurement) => void;
}

/**
 * Measures tools side by side on the same photos: a new process each, one cutout at a time, taking turns, so that
 * whatever else the machine does hits them alike.
 */
export async function measureTools(tools: readonly ToolProcessOptions[], options: MeasureOptions): Promise<Series[]> {
  const processes = tools.map((tool) => ({
    tool: tool.program,
    process: new ToolProcess(tool),
    all: [] as Measurement[],
  }));
  try {
    for (let round = 0; round < options.warmUp + options.rounds; round++) {
      const index = round % options.photos.length;
      const photo = options.photos[index];
      if (photo === undefined) throw new Error('Expected at least one photo to measure with, got none');
      for (const { tool, process, all } of round % 2 === 0 ? processes : processes.toReversed()) {
        const measurement = await process.measure({ photo, output: cutoutFile(options, tool, index) });
        all.push(measurement);
        options.onCutout(tool, measurement);
      }
    }
  } finally {
    for (const { process } of processes) process.stop();
  }
  return processes.map(({ tool, all }) => ({ tool, megapixels: options.megapixels, measurements: all }));
}

/** @param index Of the photo. @returns The file of a tool's newest cutout of it. */
export function cutoutFile(
  { folder, megapixels }: Pick<MeasureOptions, 'folder' | 'megapixels'>,
  tool: ToolName,
  index: number,
): string {
  return join(folder, `${tool}-${megapixels}mp-${index}.png`);
}
