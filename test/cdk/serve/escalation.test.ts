import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { DoubtSettings } from '#cdk/doubt-environment.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { pixelAt } from '../../support/rasters.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';
import { boxPhoto, CENTRE, pixelsOf, postForm, startTinyServer } from '../../support/tiny-server.ts';

const CORNER = [3, 3] as const;

/** What a server with a network that is sure of nothing leaves of the box and of what lies behind it. */
async function alphas(doubt: DoubtSettings): Promise<{ box: number; behind: number }> {
  const modelFolder = await writeTinyModel(join(temporaryFolder(), 'faint'), { id: 'faint', steepness: 3 });
  const server = await startTinyServer({ modelFolder, doubt });
  onTestFinished(async () => await server.close());
  const pixels = await pixelsOf(await postForm(server, { image_file: await boxPhoto() }));
  return { box: pixelAt(pixels, ...CENTRE)[3] ?? -1, behind: pixelAt(pixels, ...CORNER)[3] ?? -1 };
}

test('a photo that the network is in doubt of is cut out by the bigger one, whose surer mask is answered', async () => {
  const escalateFolder = await writeTinyModel(join(temporaryFolder(), 'surer'), { id: 'surer' });

  const alone = await alphas({ reviewBelow: 1 });
  const together = await alphas({ reviewBelow: 1, escalateFolder });

  // sigmoid(3 * (0.85 - 1)) of the white behind, against sigmoid(60 * (0.85 - 1)).
  expect(alone.behind).toBeGreaterThan(50);
  expect(together).toEqual({ box: 255, behind: 0 });
});

test('a photo that the network is sure of stays its own', async () => {
  const escalateFolder = await writeTinyModel(join(temporaryFolder(), 'surer'), { id: 'surer' });

  const { behind } = await alphas({ reviewBelow: 0, escalateFolder });

  expect(behind).toBeGreaterThan(50);
});
