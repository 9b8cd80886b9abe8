import { float32Tensor, type Tensor } from '../onnx/tensor.ts';

/**
 * The matrix `[to, from]` that scales a line of pixels bilinearly with half-pixel centres, averaging where it shrinks, so that
 * scaling is two MatMuls that every onnxruntime and every opset knows.
 */
export function resampleMatrix(from: number, to: number): Tensor {
  const matrix = new Float32Array(to * from);
  const reach = Math.max(1, from / to);
  for (let i = 0; i < to; i++) {
    const centre = ((i + 0.5) * from) / to;
    const weights = Array.from({ length: from }, (_, j) => Math.max(0, 1 - Math.abs(j + 0.5 - centre) / reach));
    const total = weights.reduce((a, b) => a + b, 0);
    matrix.set(
      weights.map((weight) => weight / total),
      i * from,
    );
  }
  return float32Tensor([to, from], matrix);
}

/** The same, transposed to `[from, to]`, to be multiplied from the right. */
export function transposedResampleMatrix(from: number, to: number): Tensor {
  const { data } = resampleMatrix(from, to);
  const flipped = new Float32Array(from * to);
  for (let i = 0; i < to; i++) for (let j = 0; j < from; j++) flipped[j * to + i] = Number(data[i * from + j]);
  return float32Tensor([from, to], flipped);
}
