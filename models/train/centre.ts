/** A convolution's filters `[O, I x taps]` and biases `[O]`, with the means of its input channels `[I]`. */
export interface CentredLayer {
  readonly filters: Float32Array;
  readonly biases: Float32Array;
  readonly means: Float32Array;
}

/**
 * Turns the gradients of `filter * x + bias` into those of `filter * (x - means) + bias`, in place. What lies behind a Relu has large
 * means, so that without this every step of the filters shifts a layer's outputs far more than it shapes them. A
 * BatchNormalization does the same for a network that has one.
 */
export function centreGradientsInto({ filters, biases, means }: CentredLayer): void {
  const perOutput = filters.length / biases.length;
  const taps = perOutput / means.length;
  for (let i = 0; i < filters.length; i++) {
    const mean = means[Math.floor((i % perOutput) / taps)] as number;
    filters[i] = (filters[i] as number) - (biases[Math.floor(i / perOutput)] as number) * mean;
  }
}

/** What a layer makes of inputs that are their means, without its biases, `[O]`. */
export function meanOutputs({ filters, biases, means }: CentredLayer): Float64Array {
  const perOutput = filters.length / biases.length;
  const taps = perOutput / means.length;
  const outputs = new Float64Array(biases.length);
  for (let i = 0; i < filters.length; i++) {
    const output = Math.floor(i / perOutput);
    outputs[output] =
      (outputs[output] as number) + (filters[i] as number) * (means[Math.floor((i % perOutput) / taps)] as number);
  }
  return outputs;
}

/** Lets the biases, in place, make up for what the filters' last step did to outputs for mean inputs. */
export function keepMeansInto({ biases }: CentredLayer, before: Float64Array, after: Float64Array): void {
  for (let i = 0; i < biases.length; i++) {
    biases[i] = (biases[i] as number) - ((after[i] as number) - (before[i] as number));
  }
}
