import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { UNZIPPED_LIMIT_BYTES } from '#layers/places.ts';
import { isRuntimePacked, packRuntimeLayer } from '#layers/runtime-layer.ts';
import { temporaryFolder } from '#test/support/folders.ts';

const architecture = process.arch === 'x64' ? 'x86_64' : 'arm64';
const foreign = process.arch === 'x64' ? 'arm64' : 'x64';
/** IS-Net and the bundled handler, the heaviest there is to go with the runtime. */
const HEAVIEST_MODEL_BYTES = 176_100_000;
const HANDLER_BYTES = 3_000_000;

// Runs on the Linux that npm installed the packages for, so that nothing is fetched.
test('packs modules that load and work from exactly that folder', async () => {
  const { folder } = await packRuntimeLayer(architecture, { out: temporaryFolder() });
  const modules = join(folder, 'nodejs/node_modules');

  const script = `
    const { Tensor } = require('onnxruntime-node');
    const sharp = require('sharp');
    sharp({ create: { width: 2, height: 2, channels: 3, background: 'red' } }).raw().toBuffer().then((pixels) =>
      console.log(JSON.stringify({
        pixels: pixels.length,
        tensor: new Tensor('float32', [1, 2], [2]).size,
        outside: Object.keys(require.cache).filter((file) => !file.startsWith(${JSON.stringify(folder)})),
      })));`;
  const answer = execFileSync(process.execPath, ['-e', script], {
    cwd: folder,
    env: { NODE_PATH: modules },
    encoding: 'utf8',
  });

  expect(JSON.parse(answer)).toEqual({ pixels: 12, tensor: 2, outside: [] });
});

test('packs the same tree twice, for one kind of processor, small enough for a .zip function with the heaviest model', async () => {
  const [out, otherOut] = [temporaryFolder(), temporaryFolder()];

  const first = await packRuntimeLayer(architecture, { out });
  const second = await packRuntimeLayer(architecture, { out: otherOut });

  expect(second.size).toEqual(first.size);
  expect(first.size.bytes + HEAVIEST_MODEL_BYTES + HANDLER_BYTES).toBeLessThan(UNZIPPED_LIMIT_BYTES);
  const files = readdirSync(first.folder, { recursive: true, encoding: 'utf8' });
  expect(files.filter((file) => new RegExp(`darwin|win32|musl|${foreign}`).test(file))).toEqual([]);
  expect(files.filter((file) => /\.(ts|map|h|cc|exe|dll|dylib)$/.test(file))).toEqual([]);
});

/** Amazon Linux 2023, below Lambda's Node 24 and its base image, has glibc 2.34 and GCC 11's C++ library. */
const NEWEST_ON_AWS = { GLIBC: [2, 34], GLIBCXX: [3, 4, 29] } as const;

test.each(['GLIBC', 'GLIBCXX'] as const)('asks for no newer %s than Lambda has', async (library) => {
  const { folder } = await packRuntimeLayer(architecture, { out: temporaryFolder() });
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const machineCode = files.filter((file) => /\.(node|so(\.\d+)*)$/.test(file));
  expect(machineCode.length).toBeGreaterThanOrEqual(4);

  const asked = machineCode.flatMap((file) => symbolVersions(readFileSync(join(folder, file)), library));

  expect(asked).not.toEqual([]);
  expect(asked.filter((version) => isNewer(version, NEWEST_ON_AWS[library]))).toEqual([]);
});

/** The versions of a library's symbols that an ELF file names, such as [2, 28] for GLIBC_2.28. */
function symbolVersions(file: Buffer, library: string): number[][] {
  const names = file.toString('latin1').matchAll(new RegExp(`\\0${library}_(\\d+(?:\\.\\d+)+)(?=\\0)`, 'g'));
  return [...names].map(([, version = '']) => version.split('.').map(Number));
}

function isNewer(version: readonly number[], than: readonly number[]): boolean {
  const at = version.findIndex((part, index) => part !== (than[index] ?? 0));
  return at >= 0 && (version[at] ?? 0) > (than[at] ?? 0);
}

test('knows a layer that is missing or of other versions than are pinned now', async () => {
  const out = temporaryFolder();
  expect(await isRuntimePacked(architecture, { out })).toBe(false);

  const { folder } = await packRuntimeLayer(architecture, { out });
  expect(await isRuntimePacked(architecture, { out })).toBe(true);

  writeFileSync(join(folder, 'nodejs/node_modules/sharp/package.json'), '{"version": "0.0.1"}');
  expect(await isRuntimePacked(architecture, { out })).toBe(false);
});
