import type { Graph } from '#models/onnx/graph.ts';
import { type Network, network } from './network.ts';

export interface TopologyOptions {
  /** Input height and width. @default 64 */
  readonly size?: number;
  /** Divides every channel count, for fast tests; 1 is the true network. @default 1 */
  readonly narrow?: number;
  /** Whether BatchNormalizations stand apart, as in training, or are folded into the convolutions. @default false */
  readonly batchNorm?: boolean;
  readonly seed?: number;
}

/** Channels of one residual U-block: what it takes on the way down, and gives. */
interface Block {
  readonly depth: 7 | 6 | 5 | 4 | '4F';
  readonly mid: number;
  readonly out: number;
}

// The tables of the U2-Net paper (Qin et al. 2020, table 1) and of DIS (Qin et al. 2022): encoder 1..6, decoder 5..1.
const wideEncoder: Block[] = [
  { depth: 7, mid: 32, out: 64 },
  { depth: 6, mid: 32, out: 128 },
  { depth: 5, mid: 64, out: 256 },
  { depth: 4, mid: 128, out: 512 },
  { depth: '4F', mid: 256, out: 512 },
  { depth: '4F', mid: 256, out: 512 },
];
const wideDecoder: Block[] = [
  { depth: '4F', mid: 256, out: 512 },
  { depth: 4, mid: 128, out: 256 },
  { depth: 5, mid: 64, out: 128 },
  { depth: 6, mid: 32, out: 64 },
  { depth: 7, mid: 16, out: 64 },
];
const small = ({ depth }: Block): Block => ({ depth, mid: 16, out: 64 });

/** U2-Net: seven outputs, the first of them fused from six side maps. */
export function u2netGraph(options: TopologyOptions = {}): Graph {
  return buildU2net(wideEncoder, wideDecoder, options);
}

/** U2-Net's small version. */
export function u2netpGraph(options: TopologyOptions = {}): Graph {
  return buildU2net(wideEncoder.map(small), wideDecoder.map(small), options);
}

/** IS-Net: a strided first convolution, no fusion; the first output is the finest side map. */
export function isnetGraph({ size = 64, narrow = 1, batchNorm = false, seed = 1 }: TopologyOptions = {}): Graph {
  const net = network({ height: size, seed });
  const layers = layersOf(net, { narrow, batchNorm });
  const first = net.conv(net.input, Math.max(1, 64 / narrow), { stride: 2, name: 'conv_in' });
  const decoded = pyramid(net, layers, first, { encoder: wideEncoder, decoder: wideDecoder });
  const sides = decoded.map((x, index) => net.resizeLike(net.conv(x, 1, { name: `side${index + 1}` }), net.input));
  return net.graph(sides.map((side) => net.sigmoid(side)));
}

function buildU2net(
  encoder: Block[],
  decoder: Block[],
  { size = 64, narrow = 1, batchNorm = false, seed = 1 }: TopologyOptions,
): Graph {
  const net = network({ height: size, seed });
  const decoded = pyramid(net, layersOf(net, { narrow, batchNorm }), net.input, { encoder, decoder });
  const maps = decoded.map((x, index) => net.conv(x, 1, { name: `side${index + 1}` }));
  const [finest = ''] = maps;
  const sides = [finest, ...maps.slice(1).map((map) => net.resizeLike(map, finest))];
  const fused = net.conv(net.concat(sides), 1, { kernel: 1, name: 'outconv' });
  return net.graph([fused, ...sides].map((map) => net.sigmoid(map)));
}

interface Layers {
  readonly rebnconv: (x: string, out: number, name: string, dilation?: number) => string;
}

function layersOf(net: Network, { narrow, batchNorm }: { narrow: number; batchNorm: boolean }): Layers {
  return {
    rebnconv: (x, out, name, dilation = 1) => {
      const y = net.conv(x, Math.max(1, Math.round(out / narrow)), { name, dilation });
      return net.relu(batchNorm ? net.batchNorm(y, `${name}.bn`) : y);
    },
  };
}

/** Encoder stages with pooling between, then decoder stages that read the skip beside them. @returns Finest first, then the deepest. */
function pyramid(
  net: Network,
  layers: Layers,
  input: string,
  { encoder, decoder }: { encoder: Block[]; decoder: Block[] },
): string[] {
  const skips: string[] = [];
  let x = input;
  for (const [index, block] of encoder.entries()) {
    x = residualBlock(net, layers, index === 0 ? x : net.maxPool(x), { block, name: `stage${index + 1}` });
    skips.push(x);
  }
  const decoded = [x];
  for (const [index, block] of decoder.entries()) {
    const level = encoder.length - 2 - index;
    const skip = skips[level] ?? '';
    const joined = net.concat([net.resizeLike(x, skip), skip]);
    x = residualBlock(net, layers, joined, { block, name: `stage${level + 1}d` });
    decoded.unshift(x);
  }
  return decoded;
}

/** RSU-7, -6, -5, -4 with pooling inside, and RSU-4F with dilations instead. */
function residualBlock(
  net: Network,
  { rebnconv }: Layers,
  input: string,
  { block: { depth, mid, out }, name }: { block: Block; name: string },
): string {
  const isFlat = depth === '4F';
  const levels = depth === '4F' ? 4 : depth;
  const dilation = (level: number): number => (isFlat ? 2 ** (level - 1) : 1);
  const first = rebnconv(input, out, `${name}.in`);
  const down: string[] = [];
  let x = first;
  for (let level = 1; level < levels; level++) {
    x = rebnconv(level > 1 && !isFlat ? net.maxPool(x) : x, mid, `${name}.${level}`, dilation(level));
    down.push(x);
  }
  x = rebnconv(x, mid, `${name}.${levels}`, isFlat ? 8 : 2);
  for (let level = levels - 1; level >= 1; level--) {
    const skip = down[level - 1] ?? '';
    const up = isFlat || level === levels - 1 ? x : net.resizeLike(x, skip);
    x = rebnconv(net.concat([up, skip]), level === 1 ? out : mid, `${name}.${level}d`, dilation(level));
  }
  return net.add(x, first);
}
