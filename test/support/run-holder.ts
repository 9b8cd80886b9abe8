import { runFake } from './local-run.ts';

// Run as a child process: one whole run of the fake handler, so that a test can kill it with everything in it.
const [src = '', dst = ''] = process.argv.slice(2);
await runFake(
  { src, dst },
  { workerEnv: { FAKE_PHOTO_MS: '30' }, observer: { onPhoto: (photo) => process.send?.(photo.key) } },
);
process.disconnect?.();
