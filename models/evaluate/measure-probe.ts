// Run in a process of its own by measure-run.ts: loads one network, runs it a few times, prints what that took as JSON.
import { InferenceSession, Tensor } from 'onnxruntime-node';

const [, , file = '', input = '', height = '', width = ''] = process.argv;
const RUNS = 3;

function cpuMs(since?: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

const loading = performance.now();
const session = await InferenceSession.create(file, {
  intraOpNumThreads: 1,
  enableMemPattern: false,
  extra: { session: { intra_op: { allow_spinning: '0' } } },
});
const loadMs = performance.now() - loading;

const dims = [1, 3, Number(height), Number(width)];
const feeds = { [input]: new Tensor('float32', new Float32Array(3 * Number(height) * Number(width)).fill(0.1), dims) };
let runCpuMs = Number.POSITIVE_INFINITY;
for (let run = 0; run < RUNS; run++) {
  const before = process.cpuUsage();
  await session.run(feeds);
  runCpuMs = Math.min(runCpuMs, cpuMs(before));
}
console.log(JSON.stringify({ loadMs, runCpuMs, peakMb: process.resourceUsage().maxRSS / 1024 }));
