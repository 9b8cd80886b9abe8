import type { NodeWriter } from '../node-writer.ts';
import { type ConvGeometry, reachPads, taps } from './conv-geometry.ts';

/** Up to how many rows the shifted copies are joined for one product instead of one product a kernel position. */
const MOST_ROWS_JOINED = 64;

/** Two values whose product over all pixels is the gradient: one as it is, the other shifted to each kernel position. */
interface Factors {
  /** Name and channels. */
  readonly still: { readonly value: string; readonly rows: number };
  readonly shifted: { readonly values: readonly string[]; readonly rows: number };
  readonly pixels: number;
  /** Whether the shifted one is the gradient and not the input. */
  readonly shiftsGradient: boolean;
}

/**
 * The gradient with respect to a convolution's filters `[O, C / group, h, w]`: for each position in the kernel the product, over
 * all pixels, of the output's gradient with the input shifted to that position. What is shifted is copied once a
 * position, so it is whichever of the two has fewer channels. As fast as the forward pass from 64 channels on.
 */
export function weightGradient(
  write: NodeWriter,
  geometry: ConvGeometry,
  { input, gradient }: { input: string; gradient: string },
): string {
  const { batch, group } = geometry;
  // Channels first, so that the pixels of all photos are one row.
  const byChannel = (value: string): string =>
    batch === 1 ? value : write.op('Transpose', [value], { perm: [1, 0, 2, 3] });
  const values = { input: byChannel(input), gradient: byChannel(gradient) };
  if (group > 1) return groupedProduct(write, geometry, values);

  const { strides, filters, channels } = geometry;
  const canShiftGradient = strides.every((stride) => stride === 1) && reachPads(geometry).every((pad) => pad >= 0);
  const factors =
    canShiftGradient && filters <= channels
      ? gradientShifted(write, geometry, values)
      : inputShifted(write, geometry, values);
  return product(write, geometry, factors);
}

interface Values {
  readonly input: string;
  readonly gradient: string;
}

function gradientShifted(write: NodeWriter, geometry: ConvGeometry, { input, gradient }: Values): Factors {
  const { batch, channels, filters, kernel, dilations, input: size } = geometry;
  const [top = 0, left = 0, bottom = 0, right = 0] = reachPads(geometry);
  const padded = pad(write, gradient, [top, left, bottom, right]);
  const values = taps(geometry).map(([row, column]) => {
    const from = [(kernel[0] - 1 - row) * dilations[0], (kernel[1] - 1 - column) * dilations[1]];
    return window(write, padded, { from, size, strides: [1, 1] });
  });
  return {
    still: { value: input, rows: channels },
    shifted: { values, rows: filters },
    pixels: batch * size[0] * size[1],
    shiftsGradient: true,
  };
}

function inputShifted(write: NodeWriter, geometry: ConvGeometry, { input, gradient }: Values): Factors {
  const { batch, channels, filters, output } = geometry;
  return {
    still: { value: gradient, rows: filters },
    shifted: { values: inputTaps(write, geometry, input), rows: channels },
    pixels: batch * output[0] * output[1],
    shiftsGradient: false,
  };
}

/** What each kernel position saw of the input. */
function inputTaps(write: NodeWriter, geometry: ConvGeometry, input: string): string[] {
  const { padsBefore, padsAfter, dilations, output, strides } = geometry;
  const padded = pad(write, input, [...padsBefore, ...padsAfter]);
  return taps(geometry).map(([row, column]) =>
    window(write, padded, { from: [row * dilations[0], column * dilations[1]], size: output, strides }),
  );
}

function product(
  write: NodeWriter,
  { filters, channels, kernel }: ConvGeometry,
  { still, shifted, pixels, shiftsGradient }: Factors,
): string {
  const flat = (value: string, rows: number): string => write.op('Reshape', [value, write.integers([rows, pixels])]);
  const left = flat(still.value, still.rows);
  const cells = shifted.values.length;
  const isJoined = cells * shifted.rows <= MOST_ROWS_JOINED;
  // The wider factor on the left, which onnxruntime's products read as it lies.
  const products = isJoined
    ? [
        write.op('Gemm', [left, flat(joined(write, shifted.values, 0), cells * shifted.rows)], {
          transB: 1,
        }),
      ]
    : shifted.values.map((value) => write.op('Gemm', [left, flat(value, shifted.rows)], { transB: 1 }));
  const shape = isJoined ? [still.rows, cells, shifted.rows] : [cells, still.rows, shifted.rows];
  const stacked = write.op('Reshape', [joined(write, products, 0), write.integers(shape)]);
  const [cellAxis, stillAxis] = isJoined ? [1, 0] : [0, 1];
  const order = shiftsGradient ? [2, stillAxis, cellAxis] : [stillAxis, 2, cellAxis];
  const ordered = write.op('Transpose', [stacked], { perm: order });
  return write.op('Reshape', [ordered, write.integers([filters, channels, ...kernel])]);
}

/** Each group's channels apart, as one batch of products a kernel position. */
function groupedProduct(write: NodeWriter, geometry: ConvGeometry, { input, gradient }: Values): string {
  const { batch, channels, filters, group, output, kernel } = geometry;
  const pixels = batch * output[0] * output[1];
  const grouped = (value: string, rows: number): string =>
    write.op('Reshape', [value, write.integers([group, rows / group, pixels])]);
  const left = grouped(gradient, filters);
  const products = inputTaps(write, geometry, input).map((value) => {
    const right = write.op('Transpose', [grouped(value, channels)], { perm: [0, 2, 1] });
    const each = write.op('MatMul', [left, right]);
    return write.op('Reshape', [each, write.integers([filters, channels / group, 1])]);
  });
  return write.op('Reshape', [joined(write, products, 2), write.integers([filters, channels / group, ...kernel])]);
}

function joined(write: NodeWriter, values: readonly string[], axis: number): string {
  return values.length === 1 ? (values[0] ?? '') : write.op('Concat', values, { axis });
}

/** Zeros around the last two axes: `[top, left, bottom, right]`. */
function pad(write: NodeWriter, value: string, [top = 0, left = 0, bottom = 0, right = 0]: readonly number[]): string {
  if (top + left + bottom + right === 0) return value;
  return write.op('Pad', [value, write.integers([0, 0, top, left, 0, 0, bottom, right])]);
}

/** A part of the last two axes, every so many pixels. */
function window(
  write: NodeWriter,
  value: string,
  { from, size, strides }: { from: readonly number[]; size: readonly number[]; strides: readonly number[] },
): string {
  const to = from.map((start, axis) => start + ((size[axis] ?? 1) - 1) * (strides[axis] ?? 1) + 1);
  return write.op('Slice', [
    value,
    write.integers(from),
    write.integers(to),
    write.integers([2, 3]),
    write.integers(strides),
  ]);
}
