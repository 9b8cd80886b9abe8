import { expect, test } from 'vitest';
import { groupChannels } from '#models/channels/channel-groups.ts';
import { explain } from '#models/channels/explain.ts';
import { network } from '#test/support/models/network.ts';

test('draws a tied group with its makers, what ties them and where its channels are read', () => {
  const net = network({ height: 32 });
  const first = net.relu(net.conv(net.input, 8, { name: 'first' }));
  const second = net.relu(net.conv(first, 8, { name: 'second' }));
  const side = net.relu(net.conv(second, 4, { name: 'side' }));
  const sum = net.op('Add', [first, second], { name: 'sum' });
  const graph = net.graph([net.sigmoid(net.conv(net.concat([side, sum]), 1, { name: 'last' }))]);

  const drawn = explain(graph, groupChannels(graph)).split('\n');

  expect(drawn).toEqual([
    '1 tied group, 8 channels: what their makers give is joined channel by channel, so a channel is cut from all of them',
    '',
    'first  8 channels',
    '  ┌─ made by first',
    '  └─ made by second',
    '  tied at Add sum',
    '    → read by second, inputs 0..7 of 8',
    '    → read by side, inputs 0..7 of 8',
    '    → read by last, inputs 4..11 of 12',
    '',
    '1 free group, 4 channels: each is made by one node alone and cut from it and its readers',
    '  side  4 → last (inputs 0..3 of 12)',
    '',
    '1 fixed group, 1 channel, never cut: what the network gives depends on their number',
    '  last  1 channel',
  ]);
});
