import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

/** A file of the bundled function. */
export interface BundledFile {
  /** Relative to the function's folder. */
  readonly path: string;
  readonly source: Uint8Array;
}

/** What Lambda is told to call. */
export const HANDLER = 'index.handler';

const handlerFile = fileURLToPath(new URL('handler.ts', import.meta.url));
/** Paths inside the bundle are written relative to this, so that it is the same in every checkout. */
const project = fileURLToPath(new URL('../..', import.meta.url));

/** Bundles this function's handler, see {@link bundleFunction}. */
export async function bundleHandler(): Promise<BundledFile[]> {
  return await bundleFunction(handlerFile);
}

/**
 * Bundles a handler for Node 24: ES modules, everything inside but sharp and onnxruntime-node, whose machine code comes
 * from a layer or lies in the image. Each store is a file of its own, loaded where it is used.
 *
 * The same sources give the same bytes.
 *
 * @param entry The module that exports `handler`.
 */
export async function bundleFunction(entry: string): Promise<BundledFile[]> {
  const { outputFiles } = await build({
    entryPoints: { index: entry },
    absWorkingDir: project,
    outdir: 'function',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    write: false,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'error',
    banner: { js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);" },
    plugins: [requireNative],
  });
  return outputFiles.map(({ path, contents }) => ({ path: basename(path), source: contents }));
}

/**
 * Loads the native modules with `require`: an `import` does not look at NODE_PATH, where Lambda puts a layer's modules.
 */
const requireNative: Plugin = {
  name: 'require-native',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(sharp|onnxruntime-node)$/ }, ({ path, kind }) =>
      kind === 'require-call' ? { path, external: true } : { path, namespace: 'native' },
    );
    onLoad({ filter: /.*/, namespace: 'native' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};
