import type { ImageFile } from './container-tool.ts';

/** What an image adds to its base. */
export interface ImageContent {
  readonly bytes: number;
  /** Largest first. */
  readonly folders: readonly { readonly path: string; readonly bytes: number }[];
}

/** Sums up, folder by folder, the files that an image has and its base has not. */
export function contentAbove(base: readonly ImageFile[], image: readonly ImageFile[]): ImageContent {
  const inBase = new Set(base.map(({ path }) => path));
  const sizes = new Map<string, number>();
  for (const { path, bytes } of image) {
    if (inBase.has(path)) continue;
    const folder = partOf(path);
    sizes.set(folder, (sizes.get(folder) ?? 0) + bytes);
  }
  const folders = [...sizes].map(([path, bytes]) => ({ path, bytes })).sort((a, b) => b.bytes - a.bytes);
  return { bytes: folders.reduce((sum, { bytes }) => sum + bytes, 0), folders };
}

/** The package or the folder a file is a part of: `var/task/node_modules/@img/sharp-linux-x64`, `opt/models/isnet`. */
function partOf(path: string): string {
  const inPackage = /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(path)?.[0];
  return inPackage ?? path.replace(/\/[^/]*$/, '');
}
