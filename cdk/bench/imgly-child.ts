import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { answerRequests } from './answer-requests.ts';
import { IMGLY_PACKAGE } from './install-imgly.ts';

/** The peer's side of the bench: its public function with its own defaults. Argument: the folder it is installed in. */

const folder = process.argv[2] ?? '';
const { removeBackground }: { removeBackground: (photo: Blob, options: object) => Promise<Blob> } = createRequire(
  join(folder, 'package.json'),
)(IMGLY_PACKAGE);
const publicPath = `${pathToFileURL(join(folder, 'node_modules', IMGLY_PACKAGE, 'dist')).href}/`;

answerRequests(async (photo) => {
  const cutout = await removeBackground(new Blob([new Uint8Array(photo)], { type: 'image/jpeg' }), { publicPath });
  return { bytes: new Uint8Array(await cutout.arrayBuffer()) };
});
