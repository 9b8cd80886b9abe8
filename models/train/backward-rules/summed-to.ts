import type { Dims } from '../../onnx/shape-rules.ts';
import type { NodeWriter } from '../node-writer.ts';

/** Undoes broadcasting: sums a gradient over the axes along which its value was repeated. */
export function summedTo(write: NodeWriter, gradient: string, { from, to }: { from: Dims; to: Dims }): string {
  const missing = from.length - to.length;
  const axes = from.flatMap((dim, axis) => (axis < missing || (to[axis - missing] === 1 && dim !== 1) ? [axis] : []));
  if (axes.length === 0) return gradient;
  const summed = write.op('ReduceSum', [gradient, write.integers(axes)], { keepdims: 1 });
  return missing === 0 ? summed : write.op('Reshape', [summed, write.integers(to)]);
}
