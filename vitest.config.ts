import { defineConfig } from 'vitest/config';

// `cdk` gets a minute a test because the first synth of a process takes up to 25 s.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/flows/**', 'test/cdk/stack/**'],
          testTimeout: 30_000,
        },
      },
      { test: { name: 'flows', include: ['test/flows/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 300_000 } },
      { test: { name: 'cdk', include: ['test/cdk/stack/**/*.test.ts'], testTimeout: 60_000 } },
    ],
  },
});
