import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT, readSource, type SourceFile, sourceFiles, topFolders } from './support/source-files.ts';

const TOP_FOLDERS = ['cdk', 'functions', 'layers', 'models', 'test'];
const files = TOP_FOLDERS.filter((folder) => existsSync(join(ROOT, folder))).flatMap(sourceFiles);
const product = files.filter(({ path }) => !isIn(path, ['test']));

interface Area {
  /** The files this is about: the first area that fits counts. */
  readonly of: string;
  /** Folders and files of the project that they may import. */
  readonly from: readonly string[];
  /** Packages that they must not import. */
  readonly never?: RegExp;
}

/** Flow A knows nothing of flow B or of where it runs; flow B measures what flow A ships; cdk runs both. */
const AREAS: readonly Area[] = [
  { of: 'functions/contract', from: ['functions/contract'], never: /^(?!zod$|node:crypto$)/ },
  {
    of: 'functions/imaging',
    from: ['functions/imaging', 'functions/contract'],
    never: /^@aws|^aws-|^node:(process|fs|os|path|child_process|http|https|net|perf_hooks|timers)/,
  },
  { of: 'functions', from: ['functions'], never: /^aws-cdk-lib|^constructs$|^cdk-/ },
  {
    of: 'models',
    from: [
      'models',
      'functions/contract',
      'functions/imaging',
      'functions/remove-background/malloc.ts',
      'functions/remove-background/young-heap.ts',
    ],
    never: /^@aws|^aws-/,
  },
  {
    of: 'layers',
    from: [
      'layers',
      'functions/contract',
      'models/catalogue',
      'models/cache-folder.ts',
      'models/commands/let-reader-go.ts',
      'models/commands/progress-line.ts',
      'models/fetch.ts',
      'models/run-command.ts',
    ],
    never: /^aws-cdk-lib|^constructs$/,
  },
  {
    of: 'cdk/studio/page',
    from: [
      'cdk/studio/page',
      'cdk/studio/protocol.ts',
      'cdk/report/explain.ts',
      'cdk/report/rules.ts',
      'functions/contract',
    ],
    never: /^node:|^@aws|^aws-|^fastify$|^sharp$|^yazl$|^zod$/,
  },
  { of: 'cdk/local', from: ['cdk', 'functions'], never: /^aws-cdk-lib|^constructs$|^cdk-/ },
  { of: 'cdk', from: ['cdk', 'functions', 'models', 'layers'] },
  { of: 'test', from: TOP_FOLDERS },
];

function isIn(path: string, places: readonly string[]): boolean {
  return places.some((place) => path === place || path.startsWith(`${place}/`) || path === `${place}.ts`);
}

/** What a file imports against its area's rule, one sentence each. */
function forbiddenImports({ path, imports }: SourceFile): string[] {
  const area = AREAS.find(({ of }) => isIn(path, [of]));
  if (area === undefined) return [`${path} lies in no area`];
  const wrong = imports.filter((found) =>
    found.path === null ? area.never?.test(found.specifier) === true : !isIn(found.path, area.from),
  );
  return wrong.map(({ specifier }) => `${path} imports ${specifier}`);
}

describe('imports', () => {
  test('go in one direction', () => {
    expect(files.flatMap(forbiddenImports)).toEqual([]);
  });

  test('never lead to the tests', () => {
    const wrong = product.filter(({ imports }) => imports.some(({ path }) => path !== null && isIn(path, ['test'])));

    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  test('are relative inside a top folder and by # across', () => {
    const isCrossing = (from: string, to: string) => from.split('/')[0] !== to.split('/')[0];
    const wrong = product.flatMap(({ path, imports }) =>
      imports
        .filter((found) => found.path !== null && isCrossing(path, found.path) !== found.specifier.startsWith('#'))
        .map(({ specifier }) => `${path} imports ${specifier}`),
    );

    expect(wrong).toEqual([]);
  });

  test("of the S3 client inside functions are the store's and the handler's alone", () => {
    const users = product
      .filter(({ path, imports }) => isIn(path, ['functions']) && imports.some(isS3Client))
      .map(({ path }) => path);

    expect(users.sort()).toEqual(['functions/remove-background/handler.ts', 'functions/remove-background/s3-store.ts']);
  });

  test("of sharp are one file's alone, which locks the loaders that are no photos'", () => {
    const users = product.filter(({ imports }) => imports.some(({ specifier }) => specifier === 'sharp'));

    expect(users.map(({ path }) => path)).toEqual(['functions/imaging/codec.ts']);
  });

  test('name files that are there', () => {
    const missing = files.flatMap(({ path, imports }) =>
      imports
        .filter((found) => found.path !== null && !existsSync(join(ROOT, found.path)))
        .map(({ specifier }) => `${path} imports ${specifier}`),
    );

    expect(missing).toEqual([]);
  });
});

function isS3Client({ specifier }: { readonly specifier: string }): boolean {
  return specifier === '@aws-sdk/client-s3';
}

describe('the pure core', () => {
  const core = product.filter(({ path }) => isIn(path, ['functions/imaging', 'functions/contract']));

  test.each([
    ['environment', /\bprocess\b/],
    ['clock', /\b(Date|performance|setTimeout|setInterval)\b/],
    ['chance', /\bMath\.random\b|\brandomUUID\b/],
    ['network', /\b(fetch|WebSocket)\b/],
    ['log', /\bconsole\b/],
  ])('knows no %s', (_, forbidden) => {
    expect(core.length).toBeGreaterThan(20);
    expect(core.filter(({ code }) => forbidden.test(code)).map(({ path }) => path)).toEqual([]);
  });

  test('is told its settings: functions read the environment in the handler alone', () => {
    const readers = product.filter(({ path, code }) => isIn(path, ['functions']) && /\bprocess\.env\b/.test(code));

    expect(readers.map(({ path }) => path)).toEqual(['functions/remove-background/handler.ts']);
  });
});

describe('the tree', () => {
  test('has source in its five top folders and nowhere else', () => {
    const others = topFolders().filter((folder) => !TOP_FOLDERS.includes(folder));

    expect(others.filter((folder) => sourceFiles(folder).length > 0)).toEqual([]);
  });

  test('has no folder or file for odds and ends', () => {
    const vague = /(^|[/-])(utils?|helpers?|common|shared|services?|misc|managers?)(\/|\.|-|$)/;

    expect(files.map(({ path }) => path).filter((path) => vague.test(path))).toEqual([]);
  });

  test('names files in kebab-case', () => {
    const names = files.map(({ path }) => path).filter((path) => !/^[a-z0-9/.-]+$/.test(path));

    expect(names).toEqual([]);
  });
});

describe('size', () => {
  const longer = (some: readonly SourceFile[], most: number) =>
    some.filter(({ text }) => lineCount(text) > most).map(({ path, text }) => `${path}: ${lineCount(text)} lines`);

  test('files have at most 300 lines', () => {
    expect(longer(product, 300)).toEqual([]);
  });

  test('tests have at most 400 lines', () => {
    const tests = files.filter(({ path }) => isIn(path, ['test']));

    expect(longer(tests, 400)).toEqual([]);
  });

  test.each(['functions/imaging/cutout.ts', 'models/prune.ts'])(
    'the spine %s has at most 60 lines of code',
    (spine) => {
      const code = product.find(({ path }) => path === spine)?.code ?? '';

      expect(code.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(60);
    },
  );
});

function lineCount(text: string): number {
  return text.trimEnd().split('\n').length;
}

describe('nothing is switched off in silence', () => {
  test('no `any`', () => {
    const wrong = files.filter(({ code }) => /(\bas|[:<,|&(])\s*any\b(?!\s*[(:])/.test(code));

    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  test('a lint rule is ignored only for a reason of some words', () => {
    const ignored = files.flatMap(({ path, text }) =>
      [...text.matchAll(/\/\/ biome-ignore[^\n]*/g)].map(([line]) => ({ path, reason: line.split(': ')[1] ?? '' })),
    );
    const wrong = ignored.filter(({ reason }) => reason.split(' ').length < 4);

    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  test('types are never unchecked', () => {
    const wrong = files.filter(({ text }) => /@ts-(ignore|nocheck)|@ts-expect-error\s*(\n|\*\/)/.test(text));

    expect(wrong.map(({ path }) => path).filter((path) => path !== 'test/architecture.test.ts')).toEqual([]);
  });

  test('no test is skipped or runs alone', () => {
    const tests = files.filter(({ path }) => path.endsWith('.test.ts'));
    const wrong = tests.filter(({ code }) => /\b(test|describe|it)\.(skip|only|todo|fails)\b/.test(code));

    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});

describe('these rules can fail', () => {
  const paths = (text: string) => readSource('functions/imaging/x.ts', text).imports.map(({ path }) => path);

  test('imports are found in each form, and in nothing else', () => {
    const text = `
      import { a,
        b } from './a.ts';
      import type { C } from '#models/c.ts';
      import '../d.ts';
      export * from "./e.ts";
      const f = await import('#cdk/f.ts');
      // import { no } from './comment.ts';
      /* export * from './comment.ts' */
      import zod from 'zod';
    `;

    expect(paths(text)).toEqual([
      'functions/imaging/a.ts',
      'models/c.ts',
      'functions/d.ts',
      'functions/imaging/e.ts',
      'cdk/f.ts',
      null,
    ]);
  });

  test.each([
    ['functions/imaging/x.ts', '#models/onnx/codec.ts'],
    ['functions/imaging/x.ts', '../remove-background/handler.ts'],
    ['functions/imaging/x.ts', '@aws-sdk/client-s3'],
    ['functions/imaging/x.ts', 'node:process'],
    ['functions/contract/x.ts', '../imaging/cutout.ts'],
    ['functions/contract/x.ts', 'sharp'],
    ['functions/remove-background/x.ts', '#cdk/local/run-local.ts'],
    ['models/x.ts', '#functions/remove-background/handler.ts'],
    ['models/x.ts', '#cdk/cli.ts'],
    ['layers/x.ts', '#models/onnx/codec.ts'],
    ['cdk/local/x.ts', 'aws-cdk-lib'],
    ['cdk/local/x.ts', '#models/catalogue.ts'],
    ['cdk/commands/x.ts', '#test/support/rasters.ts'],
    ['cdk/studio/page/x.tsx', '../server/decide.ts'],
    ['cdk/studio/page/x.tsx', 'node:fs'],
    ['scripts/x.ts', './y.ts'],
  ])('%s must not import %s', (path, specifier) => {
    expect(forbiddenImports(readSource(path, `import '${specifier}';`))).not.toEqual([]);
  });

  test.each([
    ['models/x.ts', '#functions/imaging/decode.ts'],
    ['layers/x.ts', '#models/catalogue.ts'],
    ['layers/x.ts', '#models/catalogue/isnet.json'],
    ['cdk/local/x.ts', '#functions/remove-background/handler.ts'],
    ['cdk/commands/x.ts', '#models/fetch.ts'],
    ['cdk/constructs/x.ts', 'aws-cdk-lib'],
    ['functions/imaging/x.ts', 'sharp'],
  ])('%s may import %s', (path, specifier) => {
    expect(forbiddenImports(readSource(path, `import '${specifier}';`))).toEqual([]);
  });

  test('code is what is left without comments and strings', () => {
    const { code } = readSource('models/x.ts', `const a = 'Date'; // Date\n/* Date\n */ const b = "it's"; Date.now();`);

    expect(code.match(/Date/g)).toHaveLength(1);
    expect(code.split('\n')).toHaveLength(3);
  });
});

test('the lock file names no registry', () => {
  const lock = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');

  expect(lock.includes('"resolved"')).toBe(false);
});
