// Run in a process of its own by measure-run.ts: loads one packed network as a worker does, runs it a few times, prints what
// that took as JSON.
import { join } from 'node:path';
import { Segmenter } from '#functions/imaging/segment.ts';
import { readPackedModel } from '../pack.ts';
import { peakMemoryMb } from './peak-memory.ts';

const RUNS = 3;

const [, , folder = ''] = process.argv;
const { manifest } = await readPackedModel(folder);
const { width, height } = manifest.input;
const image = { width, height, data: Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * 7919) % 256) };

const loading = performance.now();
const segmenter = await Segmenter.open(join(folder, 'model.onnx'), manifest);
const loadMs = performance.now() - loading;

let runCpuMs = Number.POSITIVE_INFINITY;
for (let run = 0; run < RUNS; run++) {
  const before = process.cpuUsage();
  await segmenter.segment(image);
  const { user, system } = process.cpuUsage(before);
  runCpuMs = Math.min(runCpuMs, (user + system) / 1000);
}
console.log(JSON.stringify({ loadMs, runCpuMs, peakMb: peakMemoryMb() }));
