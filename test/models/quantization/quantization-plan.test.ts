import { expect, test } from 'vitest';
import { planQuantization } from '#models/quantization/quantization-plan.ts';
import { network } from '#test/support/models/network.ts';

test('the narrow half of a layer is no logit, though no Relu follows it', () => {
  const net = network({ height: 32 });
  const narrow = net.conv(net.input, 16, { name: 'narrow' });
  const wide = net.relu(net.conv(narrow, 32, { name: 'wide', kernel: 1 }));
  const graph = net.graph([net.sigmoid(net.conv(wide, 1, { name: 'logits' }))]);

  const { nodes } = planQuantization(graph, ['logits']);

  const convs = [...nodes].filter(({ op }) => op === 'Conv').map(({ name }) => name);
  expect(convs.sort()).toEqual(['narrow', 'wide']);
});
