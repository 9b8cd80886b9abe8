import type { NodeWriter } from '../node-writer.ts';
import { type ConvGeometry, reachPads } from './conv-geometry.ts';

/**
 * The gradient with respect to a convolution's input: a convolution of the gradient with each filter turned round and the roles
 * of channels and filters swapped. With strides or groups a ConvTranspose, which is the same and slower (1.1 to 2 times).
 */
export function inputGradient(
  write: NodeWriter,
  geometry: ConvGeometry,
  { weight, gradient }: { weight: string; gradient: string },
): string {
  const { kernel, strides, dilations, group } = geometry;
  const pads = reachPads(geometry);
  if (group === 1 && strides.every((stride) => stride === 1) && pads.every((pad) => pad >= 0)) {
    const turned = turnedRound(write, geometry, weight);
    return write.op('Conv', [gradient, turned], { kernel_shape: kernel, dilations, pads, strides });
  }
  const { padsBefore, padsAfter } = geometry;
  return write.op('ConvTranspose', [gradient, weight], {
    kernel_shape: kernel,
    dilations,
    strides,
    group,
    pads: [...padsBefore, ...padsAfter],
    output_padding: leftOver(geometry),
  });
}

/** `[O, C, h, w]` to `[C, O, h, w]`, each kernel upside down. By a product, since Slice with negative steps takes thrice as long. */
function turnedRound(write: NodeWriter, { kernel, filters, channels }: ConvGeometry, weight: string): string {
  const cells = kernel[0] * kernel[1];
  if (cells === 1) return write.op('Transpose', [weight], { perm: [1, 0, 2, 3] });
  const reversal = write.floats(`reversal.${cells}`, () => ({
    dims: [cells, cells],
    data: Float32Array.from({ length: cells ** 2 }, (_, i) =>
      Math.floor(i / cells) + (i % cells) === cells - 1 ? 1 : 0,
    ),
  }));
  const rows = write.op('Reshape', [weight, write.integers([filters * channels, cells])]);
  const reversed = write.op('Reshape', [
    write.op('MatMul', [rows, reversal]),
    write.integers([filters, channels, ...kernel]),
  ]);
  return write.op('Transpose', [reversed], { perm: [1, 0, 2, 3] });
}

/** Input pixels beyond the last stride, which no window reached whole. */
function leftOver({ input, output, kernel, strides, dilations, padsBefore, padsAfter }: ConvGeometry): number[] {
  return input.map((size, axis) => {
    const reach = ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
    const padding = (padsBefore[axis] ?? 0) + (padsAfter[axis] ?? 0);
    return size - (((output[axis] ?? 1) - 1) * (strides[axis] ?? 1) + reach - padding);
  });
}
