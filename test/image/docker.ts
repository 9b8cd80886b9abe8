import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { list } from 'tar';
import { asFlags, type ContainerTool, type ImageFile } from './container-tool.ts';
import { runTool } from './run-tool.ts';

/** AWS's own base, pulled by the daemon. */
const AWS_BASE = 'public.ecr.aws/lambda/nodejs:24';
const NAME = 'cutline-proof';

/** @param base What to build on. @default AWS's base */
export function docker(base = AWS_BASE): ContainerTool {
  return {
    name: 'Docker',
    prepareBase: async () => {
      const isHere = await runTool('docker', ['images', '--quiet', base]);
      if (isHere === '') await runTool('docker', ['pull', '--quiet', base]);
      return base;
    },
    build: async ({ folder, base, buildArgs }) => {
      const args = asFlags('--build-arg', { ...buildArgs, BASE_IMAGE: base });
      await runTool('docker', [
        'build',
        '--quiet',
        '--tag',
        NAME,
        ...args,
        '--file',
        join(folder, 'Dockerfile'),
        folder,
      ]);
      return NAME;
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
    close: async () => void (await runTool('docker', ['rmi', '--force', NAME])),
  };
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
