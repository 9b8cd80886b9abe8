import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { asFlags, type ContainerTool, type ImageFile } from './container-tool.ts';
import { findWorker } from './process-facts.ts';
import { runTool } from './run-tool.ts';
import { prepareStandIn } from './stand-in-base.ts';

const NAME = 'localhost/cutline-proof';

/** Calls buildah with a store of its own. */
export type Buildah = (...args: readonly string[]) => Promise<string>;

/**
 * Images without a daemon and without namespaces: `vfs` copies whole folders, `chroot` starts in one.
 *
 * @param cache Folder of the images; the stand-in for AWS's base stays there.
 */
export function buildah(cache: string): ContainerTool {
  mkdirSync(cache, { recursive: true });
  const store = ['--root', join(cache, 'storage'), '--runroot', join(cache, 'run'), '--storage-driver', 'vfs'];
  const call: Buildah = (...args) => runTool('buildah', [...store, ...args]);
  const built: string[] = [];
  const containers = new Map<string, Promise<string>>();
  /** One for all that is done with an image: each is a copy of it, and the worker may not write there anyway. */
  const containerOf = (image: string): Promise<string> => {
    const known = containers.get(image) ?? call('from', '--pull-never', image);
    containers.set(image, known);
    return known;
  };
  return {
    name: 'buildah, on a stand-in for the AWS base: Debian, Node 24 and the Lambda runtime interface client',
    prepareBase: async () => {
      // What a killed run left behind.
      await call('rm', '--all');
      await call('rmi', '--prune');
      return await prepareStandIn(call);
    },
    build: async ({ folder, base, tag, buildArgs }) => {
      const args = asFlags('--build-arg', { ...buildArgs, BASE_IMAGE: base });
      const [image, file] = [`${NAME}:${tag}`, join(folder, 'Dockerfile')];
      await call('bud', '--pull-never', '--isolation', 'chroot', '--tag', image, ...args, '--file', file, folder);
      built.push(image);
      return image;
    },
    files: async (image) => await filesBelow(await call('mount', await containerOf(image))),
    start: async (image, env) => {
      const container = await containerOf(image);
      const command = await commandOf(call, container);
      const options = ['--isolation', 'chroot', ...asFlags('--env', env)];
      const args = [...store, 'run', ...options, container, '--', ...command];
      const child = spawn('buildah', args, { stdio: ['ignore', 'pipe', 'pipe'] });
      const ended = new Promise((resolve) => child.on('close', resolve));
      return {
        process: child,
        stop: async () => {
          // buildah passes no signal on.
          const worker = findWorker(env);
          if (worker !== undefined) process.kill(worker);
          else child.kill();
          await ended;
        },
      };
    },
    close: async () => {
      for (const container of containers.values()) await call('rm', await container);
      containers.clear();
      for (const image of built.splice(0)) await call('rmi', image);
    },
  };
}

async function filesBelow(root: string): Promise<ImageFile[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return await Promise.all(
    files.map(async (file) => ({ path: relative(root, file), bytes: (await lstat(file)).size })),
  );
}

const Inspected = z.object({
  OCIv1: z.object({ config: z.object({ Entrypoint: z.array(z.string()), Cmd: z.array(z.string()) }) }),
});

/** What Docker or Lambda would start. */
async function commandOf(call: Buildah, container: string): Promise<string[]> {
  const { config } = Inspected.parse(JSON.parse(await call('inspect', container))).OCIv1;
  return [...config.Entrypoint, ...config.Cmd];
}
