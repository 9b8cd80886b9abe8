import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { list } from 'tar';
import { asFlags, type ContainerTool, type ImageFile } from './container-tool.ts';
import { ImageError, runTool } from './run-tool.ts';

const NAME = 'cutline-proof';
const dockerfile = fileURLToPath(new URL('../../functions/remove-background/Dockerfile', import.meta.url));

/** @param base What to build on. @default the Dockerfile's own: AWS's, which the daemon fetches */
export function docker(base?: string): ContainerTool {
  const built: string[] = [];
  return {
    name: 'Docker',
    prepareBase: async () => base ?? (await baseOf(dockerfile)),
    build: async ({ folder, base, tag, buildArgs }) => {
      const args = asFlags('--build-arg', { ...buildArgs, BASE_IMAGE: base });
      const [image, file] = [`${NAME}:${tag}`, join(folder, 'Dockerfile')];
      await runTool('docker', ['build', '--quiet', '--tag', image, ...args, '--file', file, folder]);
      built.push(image);
      return image;
    },
    files: listFiles,
    start: async (image, env) => {
      const container = `${NAME}-${randomUUID()}`;
      const options = ['--rm', '--network', 'host', '--name', container, '--read-only', '--tmpfs', '/tmp'];
      const args = ['run', ...options, ...asFlags('--env', env), image];
      return {
        process: spawn('docker', args, { stdio: ['ignore', 'pipe', 'pipe'] }),
        stop: async () => void (await runTool('docker', ['kill', container])),
      };
    },
    close: async () => {
      for (const image of built.splice(0)) await runTool('docker', ['rmi', '--force', image]);
    },
  };
}

async function baseOf(file: string): Promise<string> {
  const found = /^ARG BASE_IMAGE=(.+)$/m.exec(await readFile(file, 'utf8'))?.[1];
  if (found === undefined) throw new ImageError(`Expected ${file} to name its base, got nothing`);
  return found;
}

async function listFiles(image: string): Promise<ImageFile[]> {
  const container = await runTool('docker', ['create', image, 'true']);
  const files: ImageFile[] = [];
  try {
    const archive = spawn('docker', ['export', container], { stdio: ['ignore', 'pipe', 'inherit'] });
    const reader = list({
      onReadEntry: ({ type, path, size }) => {
        if (type === 'File') files.push({ path, bytes: size });
      },
    });
    await pipeline(archive.stdout, reader);
  } finally {
    await runTool('docker', ['rm', container]);
  }
  return files;
}
