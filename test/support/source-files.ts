import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's own folder. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** A source file, with what rules about the project's shape ask of it. */
export interface SourceFile {
  /** From the project's folder, with `/`. */
  readonly path: string;
  readonly text: string;
  /** The text with comments and the inside of strings blanked out, line breaks kept. */
  readonly code: string;
  readonly imports: readonly Import[];
}

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** The file it names, from the project's folder with `/`; null for a package. */
  readonly path: string | null;
}

const SOURCE_ENDING = /\.(ts|mts|cts|tsx|js|mjs|cjs|jsx|py)$/;
const NOT_OURS = new Set(['node_modules', 'cdk.out', 'dist', 'coverage', 'generated', 'weights']);

/** Every source file below a folder, generated ones and build results left out. */
export function sourceFiles(folder: string): SourceFile[] {
  return sourcePaths(join(ROOT, folder)).map((path) => {
    const own = relative(ROOT, path).split(sep).join('/');
    return readSource(own, readFileSync(path, 'utf8'));
  });
}

/** The project's folders, without hidden ones and those that are never ours. */
export function topFolders(): string[] {
  const entries = readdirSync(ROOT, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory() && isOurs(entry.name)).map((entry) => entry.name);
}

/** What a file of this path and text imports and says. */
export function readSource(path: string, text: string): SourceFile {
  const commentless = withoutComments(text);
  const code = withoutStrings(commentless);
  // A keyword that stands in a string is blank in the code.
  const found = [...commentless.matchAll(IMPORT)].filter(({ index }) => code[index] !== ' ');
  const imports = found.map((match) => {
    const specifier = match[1] ?? match[2] ?? match[3] ?? '';
    return { specifier, path: resolveImport(path, specifier) };
  });
  return { path, text, code, imports };
}

/** `import ... from 'x'`, `export ... from 'x'`; `import 'x'`; `import('x')`. */
const IMPORT = /\bfrom\s*['"]([^'"\n]+)['"]|\bimport\s*['"]([^'"\n]+)['"]|\bimport\s*\(\s*['"]([^'"\n]+)['"]/g;

const COMMENT_OR_STRING = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`/g;

function withoutComments(text: string): string {
  return text.replace(COMMENT_OR_STRING, (found) => (found.startsWith('/') ? blank(found) : found));
}

function withoutStrings(text: string): string {
  return text.replace(COMMENT_OR_STRING, (found) => `${found[0]}${blank(found.slice(1, -1))}${found.at(-1)}`);
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}

function resolveImport(from: string, specifier: string): string | null {
  if (specifier.startsWith('#')) return specifier.slice(1);
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : null;
}

function sourcePaths(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return isOurs(entry.name) ? sourcePaths(path) : [];
    return SOURCE_ENDING.test(entry.name) ? [path] : [];
  });
}

function isOurs(folder: string): boolean {
  return !folder.startsWith('.') && !NOT_OURS.has(folder);
}
