import { randomUUID } from 'node:crypto';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { npmReason, type RunNpm, runNpm } from '../commands/run-npm.ts';

export const IMGLY_PACKAGE = '@imgly/background-removal-node';
export const IMGLY_VERSION = '1.4.5';

// Its own sharp has no binary for today's Node; its onnxruntime carries one, so no script needs to run.
const PROJECT = {
  private: true,
  dependencies: { [IMGLY_PACKAGE]: IMGLY_VERSION },
  overrides: { sharp: '0.33.5' },
};

/**
 * Installs the peer into a project of its own below `cache`, once: it is measured, never a part of the product.
 *
 * @returns The project's folder. @throws {Error} with npm's reason.
 */
export async function installImgly(cache: string, npm: RunNpm = runNpm): Promise<string> {
  const folder = join(cache, 'bench', `imgly-${IMGLY_VERSION}`);
  if (await exists(folder)) return folder;
  const draft = `${folder}.${randomUUID()}`;
  await mkdir(draft, { recursive: true });
  try {
    await writeFile(join(draft, 'package.json'), JSON.stringify(PROJECT, null, 2));
    await npm(['install'], draft).catch((cause: unknown) => {
      throw new Error(
        `Expected npm to install ${IMGLY_PACKAGE}@${IMGLY_VERSION} to compare with, got: ${npmReason(cause)}. Try again when the npm registry can be reached`,
        { cause },
      );
    });
    await rename(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return folder;
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
