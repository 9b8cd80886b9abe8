import { expect, test } from 'vitest';
import { seededRandom } from '#models/math/random.ts';
import type { Graph } from '#models/onnx/graph.ts';
import { float32Tensor, floatsOf, type Tensor } from '#models/onnx/tensor.ts';
import { openTeacherBlocks } from '#models/train/teacher-blocks.ts';
import { network } from '#test/support/models/network.ts';

const side = 8;
const random = seededRandom(5);
const photos = [0, 1].map(() => Float32Array.from({ length: 3 * side * side }, () => random.normal()));

/** One block of 6 channels that ends in an Add, and a mask. */
function teacherGraph(seed = 9): Graph {
  const net = network({ height: side, seed });
  const block = net.op('Add', [net.conv(net.input, 6, { name: 'a' }), net.conv(net.input, 6, { name: 'b' })], {
    name: 'block',
  });
  return net.graph([net.sigmoid(net.conv(block, 1, { name: 'mask' }))]);
}

/** The same without some of the block's channels. */
function without(graph: Graph, kept: readonly number[]): Graph {
  const rows = (tensor: Tensor, name: string): Tensor => {
    const [outputs = 1, ...rest] = tensor.dims;
    const each = floatsOf(tensor, name).length / outputs;
    const data = kept.flatMap((row) => [...floatsOf(tensor, name).subarray(row * each, (row + 1) * each)]);
    return float32Tensor([kept.length, ...rest], Float32Array.from(data));
  };
  const constants = new Map(graph.constants);
  for (const name of ['a.weight', 'a.bias', 'b.weight', 'b.bias']) {
    constants.set(name, rows(graph.constants.get(name) as Tensor, name));
  }
  const last = floatsOf(graph.constants.get('mask.weight') as Tensor, 'mask.weight');
  const columns = kept.flatMap((channel) => [...last.subarray(channel * 9, (channel + 1) * 9)]);
  constants.set('mask.weight', float32Tensor([1, kept.length, 3, 3], Float32Array.from(columns)));
  return { ...graph, constants };
}

test('a student that lost channels is to give what the same channels give, and the mask, on the photo it sees', async () => {
  const teacher = teacherGraph();
  const kept = [5, 1, 2];
  const blocks = await openTeacherBlocks({ teacher, student: without(teacher, kept) }, photos, { threads: 1 });
  const whole = await openTeacherBlocks({ teacher, student: teacher }, photos, { threads: 1 });
  try {
    const [seen, all] = [await blocks.of(photos[0] as Float32Array), await whole.of(photos[0] as Float32Array)];

    const pixels = side * side;
    const given = [...(all.features['train.target.block'] ?? [])];
    expect([...(seen.features['train.target.block'] ?? [])]).toEqual(
      kept.flatMap((channel) => given.slice(channel * pixels, (channel + 1) * pixels)),
    );
    expect(seen.mask).toEqual(all.mask);
    expect(seen.mask).toHaveLength(pixels);
    expect(blocks.features.map(({ value }) => value)).toEqual(['block']);
  } finally {
    await Promise.all([blocks.close(), whole.close()]);
  }
});

test('says so where teacher and student have no block in common', async () => {
  const net = network({ height: side });
  const other = net.graph([net.sigmoid(net.conv(net.input, 1))]);

  await expect(openTeacherBlocks({ teacher: teacherGraph(), student: other }, photos, { threads: 1 })).rejects.toThrow(
    /without a block in common/,
  );
});

test('says so where the student is another network, though its blocks are called the same', async () => {
  const pair = { teacher: teacherGraph(), student: teacherGraph(10) };

  await expect(openTeacherBlocks(pair, photos, { threads: 1 })).rejects.toThrow(/that the student was cut out of/);
});
