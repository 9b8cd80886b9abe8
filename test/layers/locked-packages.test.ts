import { expect, test } from 'vitest';
import { lockedPackages } from '#layers/locked-packages.ts';

const integrity = 'sha512-x';

function lockFile(packages: Record<string, object>): string {
  return JSON.stringify({ lockfileVersion: 3, packages });
}

const native = {
  'node_modules/onnxruntime-node': {
    version: '1.0.0',
    integrity,
    dependencies: { 'adm-zip': '1', 'onnxruntime-common': '1' },
  },
  'node_modules/onnxruntime-common': { version: '1.0.0', integrity },
  'node_modules/adm-zip': { version: '1.0.0', integrity },
  'node_modules/sharp': {
    version: '2.0.0',
    integrity,
    dependencies: { semver: '7' },
    optionalDependencies: { '@img/sharp-a': '1', '@img/sharp-b': '1', '@img/sharp-musl': '1', '@img/sharp-win': '1' },
  },
  'node_modules/semver': { version: '5.0.0', integrity },
  'node_modules/sharp/node_modules/semver': { version: '7.0.0', integrity },
  'node_modules/@img/sharp-a': { version: '1.0.0', integrity, os: ['linux'], cpu: ['arm64'], libc: ['glibc'] },
  'node_modules/@img/sharp-b': { version: '1.0.0', integrity, os: ['linux'], cpu: ['x64'], libc: ['glibc'] },
  'node_modules/@img/sharp-musl': { version: '1.0.0', integrity, os: ['linux'], cpu: ['x64'], libc: ['musl'] },
  'node_modules/@img/sharp-win': { version: '1.0.0', integrity, os: ['win32'], cpu: ['x64'] },
};

test.each([
  ['arm64', 'node_modules/@img/sharp-a'],
  ['x86_64', 'node_modules/@img/sharp-b'],
] as const)('takes only what runs on Linux with %s', (architecture, expected) => {
  const paths = lockedPackages(lockFile(native), architecture).map(({ path }) => path);

  expect(paths.filter((path) => path.includes('@img'))).toEqual([expected]);
});

test('takes the nearest version of a package, as Node does', () => {
  const semver = lockedPackages(lockFile(native), 'arm64').filter(({ name }) => name === 'semver');

  expect(semver).toEqual([
    { path: 'node_modules/sharp/node_modules/semver', name: 'semver', version: '7.0.0', integrity },
  ]);
});

test('leaves out what only an install script needs', () => {
  const names = lockedPackages(lockFile(native), 'arm64').map(({ name }) => name);

  expect(names).not.toContain('adm-zip');
});

test('names the package that package-lock.json lacks', () => {
  const { 'node_modules/onnxruntime-common': _, ...rest } = native;

  expect(() => lockedPackages(lockFile(rest), 'arm64')).toThrow(/Expected onnxruntime-common in package-lock.json/);
});

test('refuses a package without a checksum', () => {
  const unpinned = { ...native, 'node_modules/sharp': { version: '2.0.0' } };

  expect(() => lockedPackages(lockFile(unpinned), 'arm64')).toThrow(/integrity for node_modules\/sharp/);
});

test('refuses a lock file of an old npm', () => {
  expect(() => lockedPackages('{"lockfileVersion": 1, "dependencies": {}}', 'arm64')).toThrow(/npm 7 or newer/);
});
