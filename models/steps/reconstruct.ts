import type { ChannelGroups } from '../channels/channel-groups.ts';
import type { Products } from '../math/products.ts';
import { float32Result, withNetwork } from '../network.ts';
import { type Graph, type GraphNode, inRunningOrder, onlyInput, requiredOutput } from '../onnx/graph.ts';
import { float32Tensor } from '../onnx/tensor.ts';
import { type InputForm, readInput } from '../photos.ts';
import { NormalEquations } from './normal-equations.ts';
import { type SampledConv, sampledConvs, withOutputSamples, withTapSamples } from './sampled-convs.ts';

export interface ReconstructOptions {
  /** Photos to repair on, at the size the network will be deployed with. */
  readonly photos: readonly string[];
  readonly form: InputForm;
  /** Pull towards the weights a layer has already, as a share of its inputs' mean variance. */
  readonly ridge: number;
  /** Layers repaired from one run over the photos. Fewer see better what the layers before them became; more take less time. */
  readonly layersPerPass: number;
  readonly seed: number;
  readonly onLayer?: (done: number, total: number) => void;
}

export const RECONSTRUCT_DEFAULTS = { ridge: 1e-3, layersPerPass: 4 } as const satisfies Partial<ReconstructOptions>;

/** Photos whose samples are added to the normal equations at a time. */
const PHOTOS_PER_UPDATE = 8;

/**
 * Repairs a sliced network layer by layer: each convolution's whole kernel is fitted anew (least squares with a ridge),
 * so that, fed by the repaired layers before it, it gives what the same channels gave in the dense network.
 *
 * The normal equations grow photo by photo, so memory depends on the network and not on the number of photos, apart from
 * the dense network's sampled outputs (about 4 MB a photo). Cost: one dense run a photo, and a run of the sliced network
 * up to the layer for every `layersPerPass` layers.
 */
export async function reconstruct(
  dense: Graph,
  sliced: Graph,
  parts: { groups: ChannelGroups; cut: ReadonlySet<number>; products: Products },
  options: ReconstructOptions,
): Promise<Graph> {
  const convs = sampledConvs(inRunningOrder(dense), inRunningOrder(sliced), parts, {
    photos: options.photos.length,
    seed: options.seed,
  });
  const targets = await denseOutputs(dense, convs, options);
  let repaired = sliced;
  for (let start = 0; start < convs.length; start += options.layersPerPass) {
    const pass = convs.slice(start, start + options.layersPerPass);
    repaired = await repairLayers(repaired, pass, { ...options, targets, products: parts.products });
    options.onLayer?.(start + pass.length, convs.length);
  }
  return repaired;
}

type Targets = ReadonlyMap<SampledConv, readonly Float32Array[]>;

/** What the dense network's convolutions give at the sampled places, `[positions, outputs]` for every photo. */
async function denseOutputs(
  dense: Graph,
  convs: readonly SampledConv[],
  options: ReconstructOptions,
): Promise<Targets> {
  const targets = new Map(convs.map((conv) => [conv, [] as Float32Array[]]));
  await withNetwork(withOutputSamples(dense, convs), async (network) => {
    for (const photo of options.photos) {
      const results = await network.run(await feed(dense, photo, options.form));
      for (const conv of convs) targets.get(conv)?.push(float32Result(results, conv.samples));
    }
  });
  return targets;
}

async function repairLayers(
  graph: Graph,
  pass: readonly SampledConv[],
  { targets, products, ...options }: ReconstructOptions & { targets: Targets; products: Products },
): Promise<Graph> {
  const equations = new Map(pass.map((conv) => [conv, new NormalEquations(conv, products)]));
  await withNetwork(withTapSamples(graph, pass), async (network) => {
    for (let start = 0; start < options.photos.length; start += PHOTOS_PER_UPDATE) {
      for (const [index, photo] of options.photos.slice(start, start + PHOTOS_PER_UPDATE).entries()) {
        const results = await network.run(await feed(graph, photo, options.form));
        for (const [conv, equation] of equations) {
          equation.add(float32Result(results, conv.samples), targets.get(conv)?.[start + index] ?? new Float32Array());
        }
      }
      for (const equation of equations.values()) await equation.update();
    }
  });

  const constants = new Map(graph.constants);
  const nodes = new Map<string, GraphNode>();
  for (const [conv, equation] of equations) {
    const { weight, bias } = await equation.solve(graph, options.ridge);
    constants.set(conv.weight, weight);
    const biasName = conv.bias ?? `${conv.output}.bias`;
    constants.set(biasName, float32Tensor([bias.length], bias));
    if (conv.bias === undefined)
      nodes.set(conv.output, { ...conv.node, inputs: [...conv.node.inputs.slice(0, 2), biasName] });
  }
  return { ...graph, constants, nodes: graph.nodes.map((node) => nodes.get(requiredOutput(node)) ?? node) };
}

async function feed(graph: Graph, photo: string, form: InputForm) {
  return { [onlyInput(graph).name]: { data: await readInput(photo, form), dims: [1, 3, form.height, form.width] } };
}
