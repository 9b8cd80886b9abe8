import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A new empty folder that is gone when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cutline-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files into a folder, making its subfolders. Content defaults to the name. */
export function writeFiles(folder: string, names: readonly string[], content?: string): void {
  for (const name of names) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content ?? name);
  }
}

/** A new source folder with these photos, and a target beside it. */
export function foldersWith(photos: readonly string[]): { src: string; dst: string } {
  const root = temporaryFolder();
  const folders = { src: join(root, 'photos'), dst: join(root, 'cutouts') };
  mkdirSync(folders.src);
  mkdirSync(folders.dst);
  writeFiles(folders.src, photos);
  return folders;
}
