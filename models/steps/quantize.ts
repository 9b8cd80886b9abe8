import { ssim } from '../evaluate/metrics/ssim.ts';
import { float32Result, withNetwork } from '../network.ts';
import { type Graph, onlyInput } from '../onnx/graph.ts';
import { type InputForm, readInput } from '../photos.ts';
import { type ActivationSpread, observeSpreads } from '../quantization/activation-ranges.ts';
import { addRepeated } from '../quantization/add-repeated.ts';
import { equalize } from '../quantization/equalize.ts';
import { fillLanes } from '../quantization/fill-lanes.ts';
import { openBatch } from '../quantization/open-batch.ts';
import { packFilters } from '../quantization/pack-filters.ts';
import { type FloatLayers, planQuantization } from '../quantization/quantization-plan.ts';
import { type Packing, roundForPacking } from '../quantization/round-for-packing.ts';
import { rowsThenColumns } from '../quantization/rows-then-columns.ts';
import { writeQuantized } from '../quantization/write-quantized.ts';

export interface QuantizeOptions {
  /** Photos that activations are watched on. */
  readonly photos: readonly string[];
  /** Other photos, on which the choices below are made. */
  readonly validation: readonly string[];
  readonly form: InputForm;
  readonly seed: number;
  /** Ranges to try: 100 takes each activation's extremes, less cuts off its rarest values. */
  readonly percentiles: readonly number[];
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
  readonly percentile: number;
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
 * Cost: a run a photo for watching, and one a trial and validation photo.
 */
export async function quantize(
  graph: Graph,
  given: Omit<QuantizeOptions, keyof typeof QUANTIZE_DEFAULTS> & Partial<QuantizeOptions>,
): Promise<Quantized> {
  const options: QuantizeOptions = { ...QUANTIZE_DEFAULTS, ...given };
  const { photos, form, seed, packedFrom, inRows = false, onStep = () => {} } = options;
  onStep('equalize');
  const added = addRepeated(graph);
  const level = await equalize(inRows ? rowsThenColumns(added) : added, { photos, form });
  onStep('watch');
  const spreads = await observeSpreads(level, planQuantization(level, []).values, { photos, form, seed });
  let packing: Packing | undefined;
  if (packedFrom !== undefined) {
    onStep('pack');
    packing = await roundForPacking(level, packedFrom, { photos, form });
  }
  onStep('choose');
  const held = await Promise.all(options.validation.map((photo) => readInput(photo, form)));
  const masks = await masksOf(graph, held, form);
  const trials: QuantizationTrial[] = [];
  const attempt = async (percentile: number, floatLayers: readonly FloatLayers[]): Promise<QuantizationTrial> => {
    const quantized = writeAt(level, spreads, { percentile, floatLayers, packing });
    const trial = { percentile, floatLayers, ssim: meanSsim(await masksOf(quantized, held, form), masks, form) };
    trials.push(trial);
    onStep('choose', `${describeTrial(trial)}`);
    return trial;
  };
  const chosen = await choose(options, attempt);
  return { graph: openBatch(writeAt(level, spreads, { ...chosen, packing })), chosen, trials };
}

/** Finds the best range for the cheapest layers, then the layers that pay with it. */
async function choose(
  { percentiles, floatLayers: sets, worthwhile }: QuantizeOptions,
  attempt: (percentile: number, floatLayers: readonly FloatLayers[]) => Promise<QuantizationTrial>,
): Promise<QuantizationTrial> {
  const [cheapest = [], ...dearer] = sets;
  let best = await attempt(percentiles[0] ?? 100, cheapest);
  for (const percentile of percentiles.slice(1)) {
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
  return `percentile ${percentile}, float32 ${floatLayers.join(' and ') || 'nowhere'}: SSIM ${agreement.toFixed(4)}`;
}

function writeAt(
  graph: Graph,
  spreads: ReadonlyMap<string, ActivationSpread>,
  {
    floatLayers,
    ...rounding
  }: Pick<QuantizationTrial, 'percentile' | 'floatLayers'> & { readonly packing: Packing | undefined },
): Graph {
  const quantized = fillLanes(writeQuantized(planQuantization(graph, floatLayers), spreads, rounding));
  return rounding.packing === undefined ? quantized : packFilters(quantized);
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
