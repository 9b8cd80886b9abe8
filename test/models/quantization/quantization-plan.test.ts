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

test('nor are those whose outputs are enlarged on the way, but sides that are joined into a mask are', () => {
  const net = network({ height: 32 });
  const fine = net.relu(net.conv(net.input, 16, { name: 'fine' }));
  const small = net.conv(net.maxPool(fine), 8, { name: 'narrow.small' });
  const large = net.conv(fine, 8, { name: 'narrow.large' });
  const wide = net.relu(net.conv(net.concat([net.enlarge(small, 2), large]), 32, { name: 'wide', kernel: 1 }));
  const sides = [
    net.conv(wide, 1, { name: 'side.large' }),
    net.enlarge(net.conv(net.maxPool(wide), 1, { name: 'side.small' }), 2),
  ];
  const graph = net.graph([net.sigmoid(net.conv(net.concat(sides), 1, { name: 'joined', kernel: 1 }))]);

  const { nodes } = planQuantization(graph, ['logits']);

  const convs = [...nodes].filter(({ op }) => op === 'Conv').map(({ name }) => name);
  expect(convs.sort()).toEqual(['fine', 'narrow.large', 'narrow.small', 'wide']);
});
