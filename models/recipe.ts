import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { PruneError } from './channels/errors.ts';
import { RECONSTRUCT_DEFAULTS } from './steps/reconstruct.ts';
import { SELECT_DEFAULTS } from './steps/select.ts';

/** How to prune: everything that decides the result, so that the same recipe gives the same file again. */
export const Recipe = z.strictObject({
  /** Share of the cost to take away, 0..1. */
  ratio: z.number().min(0).lt(1),
  /** What the ratio is counted in. */
  unit: z.enum(['parameters', 'macs', 'time']).default('parameters'),
  /** How channels are valued. */
  score: z.enum(['l1', 'bn-gamma', 'activation', 'residual', 'taylor', 'random']).default('residual'),
  /** How the cut is spread over the groups. */
  mode: z.enum(['per-cost', 'global', 'uniform']).default(SELECT_DEFAULTS.mode),
  /** Channel counts become multiples of this. */
  align: z.int().positive().default(SELECT_DEFAULTS.align),
  /** Share of each group that stays at least. */
  floor: z.number().min(0).max(1).default(SELECT_DEFAULTS.floor),
  /** Input height and width in px; the parent's where absent. */
  size: z.int().positive().optional(),
  /** Photos that channels are watched on. */
  observePhotos: z.int().positive().default(32),
  /** Whether kept channels take over what the removed ones did. */
  merge: z.boolean().default(true),
  /** Layer by layer repair; left out where absent. */
  reconstruct: z
    .strictObject({
      photos: z.int().positive().default(96),
      ridge: z.number().positive().default(RECONSTRUCT_DEFAULTS.ridge),
      /** Share of the parent's cost that layers lose, beside whole channels, by becoming narrow inside; time is counted as MACs here. None where absent. */
      narrow: z.number().positive().lt(1).optional(),
      /** How much a share of all MACs that narrowing saves counts beside the same share of that cost, when it chooses where to. */
      speed: z.number().nonnegative().optional(),
      /** Share of the parent's MACs that may be left: `speed` is then found, as small as that allows. */
      macs: z.number().positive().lt(1).optional(),
      /** Share of the photos held back from every fit, to choose each layer's ridge and how it is fitted. */
      heldBack: z.number().positive().max(0.5).optional(),
      /** Whether narrow layers are computed before what they read is enlarged. */
      late: z.boolean().optional(),
      /** Whether narrow layers may read along few axes, too, by thin layers before them. */
      bothSides: z.boolean().optional(),
      /** Photos on which it is measured how much the mask minds what layers leave out; all layers count the same where absent. */
      weighedOn: z.int().positive().optional(),
      /** Which layers are fitted anew: all, or only those computed before enlarging; the others keep their filters. */
      fit: z.enum(['all', 'late']).optional(),
      /** Whether layers are fitted rather where the mask minds what they give; everywhere alike where absent. */
      minded: z.boolean().optional(),
      /** Places sampled for each number that an output depends on. */
      equations: z.number().min(1).optional(),
    })
    .refine(({ speed, macs }) => speed === undefined || macs === undefined, {
      error: 'expected speed or macs, got both: macs finds the speed itself',
      path: ['speed'],
    })
    .optional(),
  seed: z.int().nonnegative().default(1),
});
export type Recipe = z.infer<typeof Recipe>;

/** Checks a recipe. @throws {PruneError} `bad_recipe` listing every wrong field. */
export function parseRecipe(value: unknown, origin: string): Recipe {
  const recipe = Recipe.safeParse(value);
  if (recipe.success) return recipe.data;
  const wrong = recipe.error.issues.map((issue) => `${issue.path.join('.') || 'recipe'}: ${issue.message}`).join('; ');
  throw new PruneError('bad_recipe', `Expected a pruning recipe in ${origin}, got one with ${wrong}`);
}

/** Reads a recipe by the name of one in `recipes/` or from a file, with some fields set anew. */
export async function readRecipe(nameOrFile: string, fields: Readonly<Record<string, unknown>> = {}): Promise<Recipe> {
  const file = nameOrFile.endsWith('.json') ? nameOrFile : new URL(`recipes/${nameOrFile}.json`, import.meta.url);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new PruneError(
      'bad_recipe',
      `Expected a recipe's name or a JSON file, got ${nameOrFile}, which cannot be read`,
      {
        cause,
      },
    );
  });
  const set = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  return parseRecipe({ ...jsonObject(text, nameOrFile), ...set }, nameOrFile);
}

function jsonObject(text: string, origin: string): object {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch (cause) {
    throw new PruneError('bad_recipe', `Expected JSON in ${origin}, got something else`, { cause });
  }
}
