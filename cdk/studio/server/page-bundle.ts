import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The page as it is served: three files, nothing else is ever asked for. */
export interface PageBundle {
  readonly html: string;
  readonly js: string;
  readonly css: string;
}

const PAGE = fileURLToPath(new URL('../page/', import.meta.url));

/** Builds the page in memory: some tens of ms, so that nobody needs a build step and what is served is what lies here. */
export async function bundlePage(): Promise<PageBundle> {
  const [html, { outputFiles }] = await Promise.all([
    readFile(`${PAGE}index.html`, 'utf8'),
    build({
      absWorkingDir: PAGE,
      entryPoints: ['main.tsx'],
      outdir: PAGE,
      bundle: true,
      write: false,
      minify: true,
      format: 'esm',
      target: 'es2023',
      jsx: 'automatic',
      jsxImportSource: 'preact',
      tsconfigRaw: '{}',
      legalComments: 'none',
    }),
  ]);
  const text = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? '';
  return { html, js: text('.js'), css: text('.css') };
}
