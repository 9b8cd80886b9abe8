import { isAbsolute, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * The address of a file as a link in a page that lies in `folder`: relative, so that the folder can be moved with what
 * it shows, and encoded, so that `#1 50%?.jpg` is a name and not a fragment, an escape and a query.
 */
export function fileLink(folder: string, file: string): string {
  const path = relative(resolve(folder), resolve(file));
  // Another drive on Windows: there is no relative way.
  if (isAbsolute(path)) return pathToFileURL(path).href;
  return path
    .split(sep)
    .map((segment) => encodeURIComponent(segment.toWellFormed()))
    .join('/');
}
