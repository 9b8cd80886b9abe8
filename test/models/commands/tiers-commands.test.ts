import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const CLI = fileURLToPath(new URL('../../../models/cli.ts', import.meta.url));

/** Runs `npm run model -- ...` as a user would. */
function model(...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], (error, stdout, stderr) => {
      resolve({ exitCode: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

test('reproduce says which tier it cannot find, in one line', async () => {
  const { exitCode, stderr } = await model('reproduce', 'nosuch', '--calibration', '.');

  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^model: Expected a tier's name or a JSON file, got nosuch, which cannot be read\n$/);
});

test('distil asks for the model to learn from', async () => {
  const { exitCode, stderr } = await model('distil', 'fast', '--calibration', '.');

  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/required option '--parent <model>'/);
});

test('distil says what a weight of blocks can be', async () => {
  const { exitCode, stderr } = await model(
    'distil',
    'fast',
    '--parent',
    'u2net',
    '--calibration',
    '.',
    '--blocks',
    '-1',
  );

  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/Expected a number of 0 or more, got -1/);
});

test('distil learns either true masks or what blocks give', async () => {
  const folders = ['--calibration', '.', '--masks', '.'];
  const { exitCode, stderr } = await model('distil', 'fast', '--parent', 'u2net', ...folders, '--blocks', '1');

  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^model: Expected --masks or --blocks, got both/);
});

test('list shows the tiers before what can be fetched', async () => {
  const { stdout } = await model('list');

  expect(stdout.split('\n').slice(0, 2)).toEqual([
    expect.stringMatching(/^fast .*in the repo$/),
    expect.stringMatching(/^balanced .*in the repo$/),
  ]);
});
