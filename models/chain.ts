import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { PruneError } from './channels/errors.ts';
import { Recipe } from './recipe.ts';

const PruneStep = Recipe.extend({ step: z.literal('prune') });

const DistilStep = z.strictObject({
  step: z.literal('distil'),
  /** A model of the catalogue to learn from; the chain's parent where absent. */
  teacher: z.string().optional(),
  steps: z.int().positive(),
  /** Photos a step. */
  batch: z.int().positive().default(4),
  /** Relative to what the layers make, see `stepSizes`. */
  learningRate: z.number().positive().default(2e-3),
  /** Share of the photos to validate on instead of learning from them. */
  heldBack: z.number().gt(0).lt(1).default(0.05),
  /** Photos to learn from at most, which bounds the time for the teacher's masks; all where absent. */
  photos: z.int().positive().optional(),
  /** Steps between two validations. */
  validateEvery: z.int().positive().default(100),
  /** Whether photos are varied at random, or only mirrored. */
  isVaried: z.boolean().default(true),
  /** How much it counts what the teacher's blocks give, beside its mask; a student can only learn them from what it was cut out of. */
  blocks: z.number().nonnegative().optional(),
  /** Share of the samples put before another background. */
  backdropShare: z.number().min(0).max(1).default(0.15),
  seed: z.int().nonnegative().default(1),
});
export type DistilStep = z.infer<typeof DistilStep>;

const QuantizeStep = z.strictObject({
  step: z.literal('quantize'),
  /** Photos that activations are watched on. */
  photos: z.int().positive().default(48),
  /** Other photos, on which ranges and float32 layers are chosen. */
  validation: z.int().positive().default(16),
  /** Filters of this many weights or more are rounded to 39 levels and packed three in 16 bits. */
  packedFrom: z.int().positive().optional(),
  /** Whether activations are rounded finely where the mask minds it; by percentiles of their values where absent. */
  minded: z.boolean().optional(),
  /** Whether large layers that make masks are computed in rows, then columns, which is faster and rounds less. */
  inRows: z.boolean().optional(),
  /** How much nearer (SSIM) to the float32 masks layers that stay in float32 must bring the network; .002 where absent. */
  worthwhile: z.number().positive().optional(),
  seed: z.int().nonnegative().default(1),
});
export type QuantizeStep = z.infer<typeof QuantizeStep>;

const Step = z.discriminatedUnion('step', [PruneStep, DistilStep, QuantizeStep]);
export type ChainStep = z.infer<typeof Step>;

/** How a tier is made: a parent, and the workshop's steps from it in order. */
const Chain = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  /** A model of the catalogue. */
  parent: z.string(),
  steps: z.array(Step).min(1),
});
export type Chain = z.infer<typeof Chain>;

/** Checks a chain. @throws {PruneError} `bad_recipe` listing every wrong field. */
export function parseChain(value: unknown, origin: string): Chain {
  const chain = Chain.safeParse(value);
  if (chain.success) return chain.data;
  const wrong = chain.error.issues.map((issue) => `${issue.path.join('.') || 'recipe'}: ${issue.message}`).join('; ');
  throw new PruneError('bad_recipe', `Expected the recipe of a tier in ${origin}, got one with ${wrong}`);
}

/** Reads the chain of a tier by its name, or from a JSON file. */
export async function readChain(nameOrFile: string): Promise<Chain> {
  const file = nameOrFile.endsWith('.json') ? nameOrFile : new URL(`recipes/${nameOrFile}.json`, import.meta.url);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new PruneError(
      'bad_recipe',
      `Expected a tier's name or a JSON file, got ${nameOrFile}, which cannot be read`,
      {
        cause,
      },
    );
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new PruneError('bad_recipe', `Expected JSON in ${nameOrFile}, got something else`, { cause });
  }
  return parseChain(value, nameOrFile);
}
