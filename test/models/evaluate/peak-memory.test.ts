import { execFileSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';

const MODULE = pathToFileURL('models/evaluate/peak-memory.ts').href;
const HELD_MB = 400;

/** What a small process says of itself whose parent holds a lot of memory. */
function peakBelowLargeParent(): number {
  const child = `import(${JSON.stringify(MODULE)}).then(({ peakMemoryMb }) => console.log(peakMemoryMb()))`;
  const parent = `const held = Buffer.alloc(${HELD_MB}e6, 1);
    const { execFileSync } = require('node:child_process');
    process.stdout.write(execFileSync(process.execPath, ['-e', ${JSON.stringify(child)}]));
    if (held[1] !== 1) process.exit(1);`;
  return Number(execFileSync(process.execPath, ['-e', parent], { encoding: 'utf8' }));
}

test("a process's peak is its own, not that of the process that started it", () => {
  const peak = peakBelowLargeParent();

  expect(peak).toBeGreaterThan(20);
  expect(peak).toBeLessThan(HELD_MB);
});
