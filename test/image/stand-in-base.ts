import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LockedPackage } from '#layers/locked-packages.ts';
import { versionIn, withPackage } from '#layers/package-files.ts';
import type { Buildah } from './buildah.ts';
import { ImageError, runTool } from './run-tool.ts';

const NAME = 'localhost/cutline-stand-in';
/** C library 2.36, where AWS's base has 2.34; test/layers/runtime-layer.test.ts holds what the modules ask for. */
const DEBIAN = 'bookworm';
const NEVER_READ = [
  'usr/share/doc',
  'usr/share/man',
  'usr/share/locale',
  'usr/share/info',
  'var/cache/apt',
  'var/lib/apt',
];

/** AWS's own code that stands between the Runtime API and a handler: finds it, calls it, posts its answer, formats logs. */
const RUNTIME_CLIENT: LockedPackage = {
  path: 'node_modules/aws-lambda-ric',
  name: 'aws-lambda-ric',
  version: '4.0.2',
  integrity: 'sha512-FE5Vskx7mYNnqAnWWJXUOsLp2VGgdsJsCoRLFTa8L4Yk0QVtArqR8q58yPA++QC1a73ZWJXBQ2AH31nIAv7NOQ==',
};

const nodePackage = 'node_modules/node';
const standIn = fileURLToPath(new URL('stand-in', import.meta.url));

/** Makes what stands in for AWS's Node 24 base, or finds it as it was made before. @returns The image's name. */
export async function prepareStandIn(call: Buildah): Promise<string> {
  const image = `${NAME}:${await fingerprintOfParts()}`;
  if ((await call('images', '--quiet', '--filter', `reference=${image}`)) !== '') return image;

  const container = await call('from', 'scratch');
  try {
    await fillRoot(await call('mount', container));
    await call(
      'config',
      ...['--env', 'LAMBDA_TASK_ROOT=/var/task', '--env', 'LAMBDA_RUNTIME_DIR=/var/runtime', '--env', 'LANG=C.UTF-8'],
      ...['--env', 'PATH=/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin'],
      ...['--env', 'NODE_PATH=/opt/nodejs/node24/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules'],
      // The client's own HTTP in place of its native addon.
      ...['--env', 'AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1=true'],
      ...['--workingdir', '/var/task', '--entrypoint', '["/lambda-entrypoint.sh"]', container],
    );
    await call('commit', '--quiet', container, image);
  } finally {
    await call('rm', container);
  }
  return image;
}

async function fillRoot(root: string): Promise<void> {
  await runTool('debootstrap', ['--variant=minbase', DEBIAN, root]);
  for (const folder of NEVER_READ) await rm(join(root, folder), { recursive: true, force: true });
  for (const folder of ['var/lang/bin', 'var/runtime', 'var/task']) {
    await mkdir(join(root, folder), { recursive: true });
  }
  await copyFile(join(nodePackage, 'bin/node'), join(root, 'var/lang/bin/node'));
  await copyFile(join(standIn, 'lambda-entrypoint.sh'), join(root, 'lambda-entrypoint.sh'));
  await copyFile(join(standIn, 'rapid-client.cjs'), join(root, 'var/runtime/rapid-client.cjs'));
  await writeFile(join(root, 'var/runtime/rapid-client.node'), '');
  await withPackage(RUNTIME_CLIENT, (folder) =>
    copyFile(join(folder, 'index.mjs'), join(root, 'var/runtime/index.mjs')),
  );
}

/** Changes whenever the stand-in would. */
async function fingerprintOfParts(): Promise<string> {
  const node = await versionIn(nodePackage);
  if (node === undefined) throw new ImageError(`Expected Node in ${nodePackage}, got nothing. Run npm ci.`);
  const print = createHash('sha256').update([DEBIAN, NEVER_READ, node, process.arch, RUNTIME_CLIENT.integrity].join());
  for (const file of ['lambda-entrypoint.sh', 'rapid-client.cjs']) print.update(await readFile(join(standIn, file)));
  return print.digest('hex').slice(0, 16);
}
