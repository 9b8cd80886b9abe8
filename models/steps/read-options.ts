import { principalAxes } from '../math/principal-axes.ts';
import type { Products } from '../math/products.ts';
import type { Graph } from '../onnx/graph.ts';
import { ALIGN, type ReadOption } from './choose-ranks.ts';
import { fitAsItIs } from './fitted-conv.ts';
import type { Frontier } from './frontier.ts';
import { weighted } from './narrow.ts';
import { NormalEquations } from './normal-equations.ts';
import { filtersBehind, firstAxes, readAlong, type SourceAxes, sourceAxes, tapLayout } from './reading.ts';
import { placesOf, type SampledConv, type TapSource } from './sampled-convs.ts';

/** Shares of all axes that are tried. */
const SHARES = [0.25, 0.375, 0.5, 0.625, 0.75] as const;
/** A source of which more than this share would be read is read as it is. */
const MOST = 0.85;

/**
 * Finds ways for a layer to read its sources along few axes, and what it would then give with the filters it has: with few outputs as
 * well, that is Tucker-2 (Kim et al. 2016, Compression of deep convolutional neural networks for fast and low power mobile
 * applications), by what photos make of it.
 *
 * Cost: one run of the layers since the last, and solving. Memory: up to 32 bytes times the taps squared.
 *
 * @param frontier Of the same graph, before the layer. @param late What it is computed of where enlarging comes after.
 */
export async function readOptions(
  graph: Graph,
  conv: SampledConv,
  { frontier, late, worth }: { frontier: Frontier; late: readonly TapSource[] | undefined; worth: Float64Array },
  products: Products,
): Promise<ReadOption[]> {
  const equations = new NormalEquations(conv, products);
  await frontier.advance(graph, conv, async (read, photo) => {
    const taps = placesOf(conv, photo, read);
    // Its filters are known: nothing is wanted.
    await equations.add(taps, new Float32Array((taps.length / conv.taps) * conv.outputs));
  });
  await equations.update();
  equations.finish();
  const sources = late ?? conv.sources;
  const layout = tapLayout({ ...conv, sources });
  if (layout.kernel === 1) return [];
  const gram = equations.gram();
  const { filters, covariance } = await fitAsItIs(graph, conv, { gram, seen: equations, products });
  const found = await sourceAxes(layout, { gram, filters, worth }, products);
  const { outputs } = conv;
  const whole = weighted(covariance, worth).reduce((sum, value, at) => sum + (at % (outputs + 1) === 0 ? value : 0), 0);
  const options: ReadOption[] = [];
  for (const counts of countsOf(found)) {
    const reading = await readAlong(firstAxes(found, counts), layout, gram, products);
    const { sums } = await filtersBehind(reading, filters, products);
    const given = sums.data.map((value) => value / equations.samples);
    const { variances } = principalAxes(weighted(given, worth), outputs);
    options.push({ counts, isLate: late !== undefined, ...costsOf(sources, counts, layout.kernel), variances, whole });
  }
  return options;
}

/** Along how many axes each source is read when the best of all are taken, some shares of them; none twice. */
function countsOf(found: readonly SourceAxes[]): (number | undefined)[][] {
  const all = found.flatMap(({ values }) => [...values]).sort((a, b) => b - a);
  const ways = SHARES.map((share) => {
    const least = all[Math.max(0, Math.round(share * all.length) - 1)] ?? 0;
    return found.map(({ values }) => {
      const count = Math.max(ALIGN, Math.round(values.filter((value) => value >= least).length / ALIGN) * ALIGN);
      return count > MOST * values.length ? undefined : count;
    });
  });
  const few = ways.filter((counts) => counts.some((count) => count !== undefined));
  return [...new Map(few.map((counts) => [counts.join(), counts])).values()];
}

function costsOf(
  sources: readonly TapSource[],
  counts: readonly (number | undefined)[],
  kernel: number,
): Pick<ReadOption, 'readers' | 'thin'> {
  const costs = { readers: { parameters: 0, macs: 0 }, thin: { parameters: 0, macs: 0 } };
  for (const [index, { channels, enlarge }] of sources.entries()) {
    const count = counts[index];
    // What is enlarged afterwards has a quarter of the pixels.
    const pixels = enlarge === undefined ? 1 : 1 / 4;
    const thin = kernel * (count ?? channels);
    const reader = count === undefined ? 0 : count * channels;
    costs.thin.parameters += thin;
    costs.thin.macs += thin * pixels;
    costs.readers.parameters += reader;
    costs.readers.macs += reader * pixels;
  }
  return costs;
}
