import { z } from 'zod';
import { LayerError } from './errors.ts';
import type { Architecture } from './places.ts';

const LockEntry = z.object({
  version: z.string().optional(),
  integrity: z.string().optional(),
  os: z.array(z.string()).optional(),
  cpu: z.array(z.string()).optional(),
  libc: z.array(z.string()).optional(),
  dependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
});
type LockEntry = z.infer<typeof LockEntry>;

/** What is read of package-lock.json, versions 2 and 3. */
const LockFile = z.object({ packages: z.record(z.string(), LockEntry) });

/** A package at the version and with the content that package-lock.json pins. */
export interface LockedPackage {
  /** Where npm puts it: `node_modules/sharp`. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  /** `sha512-<base64>` of its tarball. */
  readonly integrity: string;
}

/** What the handler loads by name at run time, because it carries machine code and cannot be bundled. */
export const NATIVE_PACKAGES = ['onnxruntime-node', 'sharp'] as const;

/** Dependencies that only an install script uses, which has run long before anything gets to AWS. */
const INSTALL_ONLY: ReadonlySet<string> = new Set(['onnxruntime-node/adm-zip', 'onnxruntime-node/global-agent']);

/**
 * Finds the native packages and all they need on Linux (glibc) with one kind of processor.
 *
 * @param lockFile package-lock.json's text. @returns Sorted by path. @throws {LayerError} `bad_lock_file`
 */
export function lockedPackages(lockFile: string, architecture: Architecture): LockedPackage[] {
  const { packages } = parseLockFile(lockFile);
  const found = new Map<string, LockedPackage>();

  const visit = (name: string, from: string, isOptional: boolean): void => {
    const path = resolvePath(name, from, packages);
    const entry = path === undefined ? undefined : packages[path];
    if (path === undefined || entry === undefined) {
      if (isOptional) return;
      throw new LayerError('bad_lock_file', `Expected ${name} in package-lock.json, got none. Run npm install.`);
    }
    if (found.has(path) || !runsOn(entry, architecture)) return;
    found.set(path, locked(path, name, entry));
    const visitAll = (names: Record<string, string>, optional: boolean): void => {
      for (const next of Object.keys(names)) if (!INSTALL_ONLY.has(`${name}/${next}`)) visit(next, path, optional);
    };
    visitAll(entry.dependencies, false);
    visitAll(entry.optionalDependencies, true);
  };

  for (const name of NATIVE_PACKAGES) visit(name, '', false);
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function parseLockFile(text: string): z.infer<typeof LockFile> {
  try {
    return LockFile.parse(JSON.parse(text));
  } catch (cause) {
    throw new LayerError(
      'bad_lock_file',
      'Expected npm 7 or newer to have written package-lock.json, got something else',
      {
        cause,
      },
    );
  }
}

/** Node's rule: the nearest node_modules on the way up has it. */
function resolvePath(name: string, from: string, packages: Readonly<Record<string, LockEntry>>): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (path in packages) return path;
    if (folder === '') return undefined;
  }
}

function runsOn({ os, cpu, libc }: LockEntry, architecture: Architecture): boolean {
  const wanted = architecture === 'x86_64' ? 'x64' : architecture;
  return (os?.includes('linux') ?? true) && (cpu?.includes(wanted) ?? true) && (libc?.includes('glibc') ?? true);
}

function locked(path: string, name: string, { version, integrity }: LockEntry): LockedPackage {
  if (version === undefined || integrity === undefined) {
    throw new LayerError(
      'bad_lock_file',
      `Expected a version and an integrity for ${path} in package-lock.json, got ${version} and ${integrity}`,
    );
  }
  return { path, name, version, integrity };
}
