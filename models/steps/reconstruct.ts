import type { ChannelGroups } from '../channels/channel-groups.ts';
import type { Products } from '../math/products.ts';
import { float32Result, withNetwork } from '../network.ts';
import { type Graph, inRunningOrder, onlyInput, requiredOutput } from '../onnx/graph.ts';
import { float32Tensor, floatsOf } from '../onnx/tensor.ts';
import { type InputForm, readInput } from '../photos.ts';
import { fitBest } from './fit-best.ts';
import { asConv, asConvBehind, type Fit, fitAsItIs } from './fitted-conv.ts';
import { Frontier, type PhotoInputs } from './frontier.ts';
import { isLate } from './late-upsampling.ts';
import { atMindedPlaces, CANDIDATES } from './minded-places.ts';
import { centred, momentsOf } from './moments.ts';
import { type Narrowing, withNarrowConv } from './narrow.ts';
import { NormalEquations } from './normal-equations.ts';
import { isReadByRelusOnly, type NarrowPlan, planNarrowing, readsOf } from './plan-narrowing.ts';
import { firstAxes, type Reading, readAlong, sourceAxes, tapLayout } from './reading.ts';
import { placesOf, type SampledConv, sampledConvs, withOutputSamples } from './sampled-convs.ts';

export interface ReconstructOptions {
  /** Photos to repair on, at the size the network will be deployed with. */
  readonly photos: readonly string[];
  readonly form: InputForm;
  /** Pull towards the weights a layer has already, as a share of its inputs' mean variance. */
  readonly ridge: number;
  /** Share of the dense network's cost to save by making layers narrow whose outputs vary along few axes; none where absent. */
  readonly narrow?: number | undefined;
  /** What that cost counts. @default parameters */
  readonly unit?: 'parameters' | 'macs';
  /** How much a share of all MACs that becoming narrow saves counts beside the same share of that cost. @default 0.15 */
  readonly speed?: number | undefined;
  /** Share of the dense network's MACs that may be left; `speed` is then as small as that allows, whatever it says. */
  readonly macs?: number | undefined;
  /**
   * Share of the photos that no layer is fitted to, for choosing each one's ridge and how it is fitted, see {@link fitBest}.
   * @default 0: the ridge is the same for all, and layers are fitted to all their targets
   */
  readonly heldBack?: number | undefined;
  /** Places sampled for each number that an output depends on, where there are enough pixels. @default 4 */
  readonly equations?: number | undefined;
  /** Whether narrow layers are computed before what they read is enlarged, see {@link lateSources}. @default false */
  readonly late?: boolean | undefined;
  /** Whether narrow layers may read along few axes, too (Tucker-2, Kim et al. 2016), see {@link readOptions}. @default false */
  readonly bothSides?: boolean | undefined;
  /**
   * Photos on which it is measured how much the mask minds what each output of each layer leaves out, so that what it minds least
   * is left out first, see {@link maskGradients}. @default 0: all layers count the same
   */
  readonly weighedOn?: number | undefined;
  /**
   * Which layers are fitted anew. `late`: only those that are computed before what they read is enlarged, for which their filters were
   * not made; the others keep theirs, narrow ones along the axes that are left. That takes minutes, and where little is left out it
   * serves the mask as well: IS-Net at 62 % of its arithmetic came somewhat nearer to itself so. @default all
   */
  readonly fit?: 'all' | 'late' | undefined;
  /** Whether photos are compared rather where the mask minds it, see {@link atMindedPlaces}. @default false: at places spread evenly */
  readonly minded?: boolean | undefined;
  readonly seed: number;
  readonly onStep?: (step: string, detail: string) => void;
  /** How much of what lies open between two layers may lie in memory. */
  readonly restingBytes?: number;
}

export const RECONSTRUCT_DEFAULTS = {
  ridge: 1e-3,
  unit: 'parameters',
  // On U2-Net a ninth of the arithmetic for a twentieth more variance left out; as much for MACs as for parameters costs a quarter more.
  speed: 0.15,
  heldBack: 0,
  late: false,
  bothSides: false,
  weighedOn: 0,
  fit: 'all',
  equations: 4,
  restingBytes: 1.5e9,
} as const satisfies Partial<ReconstructOptions>;

/**
 * Repairs a sliced network layer by layer, from the photo to the mask: each convolution's whole kernel is fitted anew
 * (least squares with a ridge), so that, fed by the repaired layers before it, it gives what the same channels gave in the
 * dense network. Strictly one layer after the other: fitting four at a time, each to inputs that the others then changed,
 * did more harm than good.
 *
 * Cost: one run of the dense network and one of the sliced a photo, and solving; with `minded` the dense network runs forward
 * and backward once more, with `bothSides` the sliced one forward once more and each layer is solved up to five times more, which takes
 * as long as fitting all (36 of `balanced`'s 104 minutes). Memory does not grow with the photos: an
 * allowance for what lies open between two layers (`restingBytes`), the dense network's sampled outputs
 * (4 bytes times `equations` a weight) and one layer's normal equations (8 bytes times its taps squared, four times that with `bothSides`; with `heldBack` also
 * its samples, 4 bytes times `equations` times the same).
 */
export async function reconstruct(
  dense: Graph,
  sliced: Graph,
  parts: { groups: ChannelGroups; cut: ReadonlySet<number>; products: Products },
  options: ReconstructOptions,
): Promise<Graph> {
  const sorted = inRunningOrder(sliced);
  const sampled = sampledConvs(inRunningOrder(dense), sorted, parts, {
    photos: options.photos.length,
    equations: options.equations ?? RECONSTRUCT_DEFAULTS.equations,
    candidates: options.minded ? CANDIDATES : 1,
    seed: options.seed,
  });
  const onPhoto = (detail: string): void => options.onStep?.('place', detail);
  const convs = options.minded ? await atMindedPlaces(dense, sampled, { ...options, onPhoto }) : sampled;
  const targets = await denseOutputs(dense, convs, options);
  const {
    photos,
    form,
    ridge,
    heldBack = RECONSTRUCT_DEFAULTS.heldBack,
    fit = RECONSTRUCT_DEFAULTS.fit,
    restingBytes = RECONSTRUCT_DEFAULTS.restingBytes,
    onStep,
  } = options;
  const { products } = parts;
  const inputs = { count: photos.length, read: (index: number) => readInput(photos[index] ?? '', form) };
  const plan = await narrowPlan(dense, sorted, { targets, inputs, products }, options);
  const layers = convs.map((conv) => {
    const { narrowing, late: found } = plan.get(conv.output) ?? {};
    return { conv: { ...conv, ...(found && { sources: found.sources }) }, narrowing, own: targets.get(conv) ?? [] };
  });
  const reads = readsOf(plan);
  targets.clear();
  const frontier = new Frontier(sorted, inputs, restingBytes, reads);
  try {
    let repaired = sorted;
    for (const [index, { conv, narrowing, own }] of layers.entries()) {
      const isFitted = fit === 'all' || isLate(conv);
      const repair = { frontier, targets: own, products, ridge, heldBack, narrowing, isFitted };
      repaired =
        isFitted || narrowing?.reads !== undefined
          ? await repairLayer(repaired, conv, repair)
          : await narrowAsItIs(repaired, conv, repair);
      own.length = 0;
      onStep?.('reconstruct', `layer ${index + 1} of ${convs.length} on ${photos.length} photos`);
    }
    return repaired;
  } finally {
    await frontier.close();
  }
}

/** Which layers become narrow, and how; none where nothing is to be saved so. */
async function narrowPlan(
  dense: Graph,
  sliced: Graph,
  {
    targets,
    inputs,
    products,
  }: { targets: ReadonlyMap<SampledConv, readonly Float32Array[]>; inputs: PhotoInputs; products: Products },
  {
    narrow,
    photos,
    unit = RECONSTRUCT_DEFAULTS.unit,
    speed = RECONSTRUCT_DEFAULTS.speed,
    heldBack = RECONSTRUCT_DEFAULTS.heldBack,
    late = RECONSTRUCT_DEFAULTS.late,
    bothSides = RECONSTRUCT_DEFAULTS.bothSides,
    weighedOn = RECONSTRUCT_DEFAULTS.weighedOn,
    restingBytes = RECONSTRUCT_DEFAULTS.restingBytes,
    ...options
  }: ReconstructOptions,
): Promise<Map<string, NarrowPlan>> {
  if (narrow === undefined) return new Map();
  const frontier = bothSides ? new Frontier(sliced, inputs, restingBytes) : undefined;
  try {
    return await planNarrowing(
      { dense, sliced, targets },
      {
        ...options,
        narrow,
        unit,
        speed,
        macs: options.macs,
        heldBack,
        late,
        frontier,
        weighedOn: photos.slice(0, weighedOn),
        products,
      },
    );
  } finally {
    await frontier?.close();
  }
}

/** What the dense network's convolutions give at the sampled places, `[positions, outputs]` for every photo. */
async function denseOutputs(
  dense: Graph,
  convs: readonly SampledConv[],
  { photos, form }: ReconstructOptions,
): Promise<Map<SampledConv, Float32Array[]>> {
  const targets = new Map(convs.map((conv) => [conv, [] as Float32Array[]]));
  const dims = [1, 3, form.height, form.width];
  await withNetwork(withOutputSamples(dense, convs), async (network) => {
    for (const [index, photo] of photos.entries()) {
      const results = await network.run({ [onlyInput(dense).name]: { data: await readInput(photo, form), dims } });
      for (const conv of convs) {
        targets.get(conv)?.push(placesOf(conv, index, float32Result(results, conv.samples)));
      }
    }
  });
  return targets;
}

interface Repair {
  readonly frontier: Frontier;
  /** Of this layer, one a photo. */
  readonly targets: readonly Float32Array[];
  readonly products: Products;
  readonly ridge: number;
  readonly heldBack: number;
  /** undefined where the layer stays whole. */
  readonly narrowing: Narrowing | undefined;
  /** Whether it is fitted anew; it keeps its filters else. */
  readonly isFitted: boolean;
}

/** Fits one convolution to its targets. @returns The graph with its new weights. */
async function repairLayer(
  graph: Graph,
  conv: SampledConv,
  { frontier, targets, products, ridge, heldBack, narrowing, isFitted }: Repair,
): Promise<Graph> {
  const equations = new NormalEquations(conv, products, { keepsSamples: heldBack > 0 });
  await frontier.advance(graph, conv, async (read, photo) => {
    const taps = placesOf(conv, photo, read);
    const wanted = targets[photo] ?? new Float32Array();
    if (isHeldBack(photo, heldBack)) equations.hold(taps, wanted);
    else await equations.add(taps, wanted);
  });
  await equations.update();
  equations.finish();
  const own = narrowing?.reads && (await readAsItIs(graph, conv, { equations, narrowing, products }));
  const reading = own?.reading;
  const fitting = { equations, graph, narrowing, reading, isRectified: isReadByRelusOnly(graph, conv), products };
  const fitAnew = async (): Promise<Fit> =>
    heldBack > 0 ? fitBest(fitting, ridge) : (await equations.solver(graph, ridge))(equations.targets);
  const fit = isFitted || own === undefined ? await fitAnew() : own.fit;
  const fitted =
    reading === undefined
      ? asConv(graph, conv, fit, equations)
      : await asConvBehind(graph, conv, fit, { reading, seen: equations, products });
  if (narrowing !== undefined) return withNarrowConv(graph, conv, fitted, narrowing);
  const { weight, bias } = fitted;
  const biasName = conv.bias ?? `${conv.output}.bias`;
  const constants = new Map(graph.constants).set(conv.weight, weight).set(biasName, float32Tensor([bias.length], bias));
  const node = { ...conv.node, inputs: [...conv.node.inputs.slice(0, 2), biasName] };
  const nodes = graph.nodes.map((other) => (requiredOutput(other) === conv.output ? node : other));
  return { ...graph, constants, nodes };
}

/** A layer with the filters it had, and what it reads through when it reads along few axes, which are chosen by these filters. */
async function readAsItIs(
  graph: Graph,
  conv: SampledConv,
  { equations, narrowing, products }: { equations: NormalEquations; narrowing: Narrowing; products: Products },
): Promise<{ fit: Fit; reading: Reading }> {
  const gram = equations.gram();
  const fit = await fitAsItIs(graph, conv, { gram, seen: equations, products });
  const layout = tapLayout(conv);
  const axes = await sourceAxes(layout, { gram, filters: fit.filters, worth: narrowing.worth }, products);
  return { fit, reading: await readAlong(firstAxes(axes, narrowing.reads ?? []), layout, gram, products) };
}

/** Makes a layer as narrow as it becomes with the filters it has. */
async function narrowAsItIs(
  graph: Graph,
  conv: SampledConv,
  { targets, narrowing, products }: Pick<Repair, 'targets' | 'narrowing' | 'products'>,
): Promise<Graph> {
  const [weight, bias] = [graph.constants.get(conv.weight), graph.constants.get(conv.bias ?? '')];
  if (narrowing === undefined || weight === undefined) return graph;
  const moments = await momentsOf(targets, conv.outputs, products);
  const had = {
    weight,
    bias: bias === undefined ? new Float32Array(conv.outputs) : floatsOf(bias, conv.bias ?? ''),
    mean: Float32Array.from(moments.mean),
    covariance: centred(moments).covariance,
  };
  return withNarrowConv(graph, conv, had, narrowing);
}

/** Every so many photos, so that a share of them is held back. */
function isHeldBack(photo: number, share: number): boolean {
  return Math.floor((photo + 1) * share) > Math.floor(photo * share);
}
