import { join } from 'node:path';
import { cacheFolder } from '#models/cache-folder.ts';
import { buildah } from './buildah.ts';
import type { ContainerTool } from './container-tool.ts';
import { docker } from './docker.ts';
import { succeeds } from './run-tool.ts';

/**
 * @param base What Docker builds on in place of the Dockerfile's own.
 * @returns Docker where its daemon answers, else buildah where it can work; else what is missing, as a sentence.
 */
export async function findContainerTool(base?: string): Promise<ContainerTool | string> {
  if (await succeeds('docker', ['info'])) return docker(base);
  if (process.platform !== 'linux') return 'no Docker daemon answers, and buildah needs Linux';
  if (process.getuid?.() !== 0) return 'no Docker daemon answers, and debootstrap needs root';
  for (const program of ['buildah', 'debootstrap']) {
    if (!(await succeeds(program, ['--version']))) {
      return `no Docker daemon answers, and ${program} isn't here (apt-get install buildah debootstrap)`;
    }
  }
  return buildah(join(cacheFolder(), 'image'));
}
