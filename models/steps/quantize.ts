import { ssim } from '../evaluate/metrics/ssim.ts';
import { float32Result, withNetwork } from '../network.ts';
import { type Graph, onlyInput } from '../onnx/graph.ts';
import { type InputForm, readInput } from '../photos.ts';
import {
  type ActivationRange,
  type ActivationSpread,
  observeSpreads,
  rangeAt,
} from '../quantization/activation-ranges.ts';
import { addRepeated } from '../quantization/add-repeated.ts';
import { equalize, type ObserveHeights } from '../quantization/equalize.ts';
import { fillLanes } from '../quantization/fill-lanes.ts';
import { type MindedSpread, mindedRange, observeMinded } from '../quantization/minded-ranges.ts';
import { openBatch } from '../quantization/open-batch.ts';
import { packFilters } from '../quantization/pack-filters.ts';
import { type FloatLayers, planQuantization } from '../quantization/quantization-plan.ts';
import { type Packing, roundForPacking } from '../quantization/round-for-packing.ts';
import { rowsThenColumns } from '../quantization/rows-then-columns.ts';
import { type SeenValue, writeQuantized } from '../quantization/write-quantized.ts';

export interface QuantizeOptions {
  /** Photos that activations are watched on. */
  readonly photos: readonly string[];
  /** Other photos, on which the choices below are made. */
  readonly validation: readonly string[];
  readonly form: InputForm;
  readonly seed: number;
  /** Ranges to try: 100 takes each activation's extremes, less cuts off its rarest values. Not where `minded`. */
  readonly percentiles: readonly number[];
  /**
   * Whether channels are made equal, and each activation's range is cut, by how much the mask minds what is rounded and what is cut off, see
   * {@link mindedRange}. @default false
   */
  readonly minded?: boolean | undefined;
  /** Sets of layers to try to leave in float32, the cheapest first. */
  readonly floatLayers: readonly (readonly FloatLayers[])[];
  /** Filters of this many weights or more are rounded to 39 levels and packed, which makes the file smaller; none where absent. */
  readonly packedFrom?: number | undefined;
  /** Whether large layers that make masks are computed in two, see {@link rowsThenColumns}. @default false */
  readonly inRows?: boolean | undefined;
  /** How much nearer to the float32 masks (SSIM) a dearer set must come to be taken. */
  readonly worthwhile: number;
  readonly onStep?: (step: string, detail?: string) => void;
}

export const QUANTIZE_DEFAULTS = {
  percentiles: [100, 99.999, 99.99],
  floatLayers: [[], ['logits'], ['logits', 'first']],
  worthwhile: 0.002,
} as const satisfies Partial<QuantizeOptions>;

/** One way to quantize, and how near its masks are to the float32 ones (mean SSIM over the validation photos). */
export interface QuantizationTrial {
  /** undefined where ranges are cut as the mask minds it. */
  readonly percentile?: number | undefined;
  readonly floatLayers: readonly FloatLayers[];
  readonly ssim: number;
}

export interface Quantized {
  readonly graph: Graph;
  readonly chosen: QuantizationTrial;
  readonly trials: readonly QuantizationTrial[];
}

/**
 * Turns a network's arithmetic into 8 bits with fixed scales: filters signed, a scale for each output channel; activations unsigned,
 * their ranges watched on photos. How ranges are cut and which layers stay float32 is tried out on photos of their own.
 *
 * Cost: a run a photo for watching, and one a trial and validation photo; with `minded` twice forward and backward more a photo.
 */
export async function quantize(
  graph: Graph,
  given: Omit<QuantizeOptions, keyof typeof QUANTIZE_DEFAULTS> & Partial<QuantizeOptions>,
): Promise<Quantized> {
  const options: QuantizeOptions = { ...QUANTIZE_DEFAULTS, ...given };
  const { photos, form, seed, packedFrom, inRows = false, minded = false, onStep = () => {} } = options;
  onStep('equalize');
  const added = addRepeated(graph);
  const observe = minded ? mindedHeights(options) : undefined;
  const level = await equalize(inRows ? rowsThenColumns(added) : added, { photos, form, observe });
  onStep('watch');
  const { values } = planQuantization(level, []);
  const spreads = await observeSpreads(level, values, { photos, form, seed });
  const ranges = minded ? await mindedRanges(level, values, options) : undefined;
  let packing: Packing | undefined;
  if (packedFrom !== undefined) {
    onStep('pack');
    packing = await roundForPacking(level, packedFrom, { photos, form });
  }
  onStep('choose');
  const held = await Promise.all(options.validation.map((photo) => readInput(photo, form)));
  const masks = await masksOf(graph, held, form);
  const trials: QuantizationTrial[] = [];
  const write = ({ percentile, floatLayers }: Omit<QuantizationTrial, 'ssim'>): Graph =>
    writeAt(level, seenAt(spreads, percentile ?? ranges ?? 100), { floatLayers, packing });
  const attempt: Attempt = async (percentile, floatLayers) => {
    const quantized = write({ percentile, floatLayers });
    const trial = { percentile, floatLayers, ssim: meanSsim(await masksOf(quantized, held, form), masks, form) };
    trials.push(trial);
    onStep('choose', `${describeTrial(trial)}`);
    return trial;
  };
  const chosen = await choose(options, attempt);
  return { graph: openBatch(write(chosen)), chosen, trials };
}

type Attempt = (percentile: number | undefined, floatLayers: readonly FloatLayers[]) => Promise<QuantizationTrial>;

/** Finds up to which size the mask minds each channel. */
function mindedHeights(options: QuantizeOptions): ObserveHeights {
  return async (graph, values) => {
    const spreads = await observeMinded(graph, values, {
      ...options,
      onPhoto: (photo) => options.onStep?.('equalize', photo),
    });
    const height = (channel: MindedSpread): number => {
      const { low, high } = mindedRange([channel]);
      return Math.max(-low, high);
    };
    return new Map([...spreads].map(([value, channels]) => [value, Float32Array.from(channels, height)]));
  };
}

async function mindedRanges(
  graph: Graph,
  values: readonly string[],
  options: QuantizeOptions,
): Promise<Map<string, ActivationRange>> {
  const spreads = await observeMinded(graph, values, {
    ...options,
    onPhoto: (photo) => options.onStep?.('watch', photo),
  });
  return new Map([...spreads].map(([value, channels]) => [value, mindedRange(channels)]));
}

/** What is seen of each value at a percentile, or with ranges of its own; its extremes where it has none. */
function seenAt(
  spreads: ReadonlyMap<string, ActivationSpread>,
  given: number | ReadonlyMap<string, ActivationRange>,
): Map<string, SeenValue> {
  const rangeOf = (value: string, spread: ActivationSpread): ActivationRange =>
    typeof given === 'number' ? rangeAt(spread, given) : (given.get(value) ?? rangeAt(spread, 100));
  return new Map(
    [...spreads].map(([value, spread]) => [value, { range: rangeOf(value, spread), means: spread.means }]),
  );
}

/** Finds the best range for the cheapest layers, then the layers that pay with it. */
async function choose(
  { percentiles, minded = false, floatLayers: sets, worthwhile }: QuantizeOptions,
  attempt: Attempt,
): Promise<QuantizationTrial> {
  const [cheapest = [], ...dearer] = sets;
  const [first, ...others] = minded ? [undefined] : percentiles;
  let best = await attempt(first, cheapest);
  for (const percentile of others) {
    const trial = await attempt(percentile, cheapest);
    if (trial.ssim > best.ssim) best = trial;
  }
  for (const floatLayers of dearer) {
    const trial = await attempt(best.percentile, floatLayers);
    if (trial.ssim > best.ssim + worthwhile) best = trial;
  }
  return best;
}

function describeTrial({ percentile, floatLayers, ssim: agreement }: QuantizationTrial): string {
  const ranges = percentile === undefined ? 'ranges that the mask minds least' : `percentile ${percentile}`;
  return `${ranges}, float32 ${floatLayers.join(' and ') || 'nowhere'}: SSIM ${agreement.toFixed(4)}`;
}

function writeAt(
  graph: Graph,
  seen: ReadonlyMap<string, SeenValue>,
  { floatLayers, packing }: { floatLayers: readonly FloatLayers[]; packing: Packing | undefined },
): Graph {
  const quantized = fillLanes(writeQuantized(planQuantization(graph, floatLayers), seen, packing));
  return packing === undefined ? quantized : packFilters(quantized);
}

async function masksOf(graph: Graph, photos: readonly Float32Array[], form: InputForm): Promise<Float32Array[]> {
  const [input, output] = [onlyInput(graph).name, graph.outputs[0]?.name ?? ''];
  return await withNetwork(graph, async (network) => {
    const masks: Float32Array[] = [];
    for (const data of photos) {
      masks.push(
        float32Result(await network.run({ [input]: { data, dims: [1, 3, form.height, form.width] } }), output),
      );
    }
    return masks;
  });
}

function meanSsim(
  masks: readonly Float32Array[],
  truth: readonly Float32Array[],
  { width, height }: InputForm,
): number {
  const sum = masks.reduce((total, mask, index) => {
    const other = truth[index] ?? mask;
    return total + ssim({ width, height, data: mask }, { width, height, data: other });
  }, 0);
  return sum / masks.length;
}
