import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ModelManifest } from '#functions/contract/manifest.ts';
import { adaptGraph } from '#models/export/adapt-graph.ts';
import { resampleMatrix } from '#models/export/resample.ts';
import { toolForm } from '#models/export/tool-forms.ts';
import { writeExport } from '#models/export/write-export.ts';
import { seededRandom } from '#models/math/random.ts';
import { decodeModel } from '#models/onnx/codec.ts';
import type { Graph } from '#models/onnx/graph.ts';
import { packModel } from '#models/pack.ts';
import { simplify } from '#models/steps/simplify.ts';
import { largestDifference, runForMask, runGraph } from '#test/support/models/run-graph.ts';
import { isnetGraph, u2netpGraph } from '#test/support/models/topologies.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cutline-export-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

// rembg 2.0.86: sessions/u2net_custom.py and dis_custom.py; @imgly/background-removal-node 1.4.5: inference and image code.
const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
const contracts = [
  { tool: 'rembg', family: 'u2netp', input: undefined, size: 320, output: undefined },
  { tool: 'rembg', family: 'isnet', input: undefined, size: 1024, output: undefined },
  { tool: 'imgly', family: 'u2netp', input: 'input', size: 1024, output: 'output' },
  { tool: 'imgly', family: 'isnet', input: 'input', size: 1024, output: 'output' },
] as const;

type Family = 'u2netp' | 'isnet';

function modelOf(family: Family, size: number) {
  const build = family === 'isnet' ? isnetGraph : u2netpGraph;
  const graph = simplify(build({ narrow: 16 }), { size: { width: size, height: size } });
  const scaling =
    family === 'isnet'
      ? ({ scale: 'one', mean: [128, 128, 128], std: [256, 256, 256] } as const)
      : ({ scale: 'byMax', ...IMAGENET } as const);
  return { graph, scaling };
}

async function packed(family: Family, size: number) {
  const { graph, scaling } = modelOf(family, size);
  const input = { scale: scaling.scale, mean: [...scaling.mean], std: [...scaling.std] } as ModelManifest['input'];
  const facts = { id: 'thin', family, licence: 'MIT', origin: 'a test', recipe: {}, scores: {} };
  return { graph, model: await packModel(graph, { ...facts, input }, join(folder, 'model')) };
}

describe.each(contracts)('$family for $tool', ({ tool, family, input, size, output }) => {
  test('takes and gives what the tool feeds and reads: names, shapes, float32, the mask first and alone', async () => {
    const { graph, model } = await packed(family, 64);

    const adapted = adaptGraph(graph, model.manifest, toolForm(tool, model.manifest));

    expect(adapted.inputs).toEqual([
      { name: input ?? graph.inputs[0]?.name, type: 'float32', dims: [1, 3, size, size] },
    ]);
    expect(adapted.outputs).toHaveLength(1);
    expect(adapted.outputs[0]).toMatchObject({ name: output ?? graph.outputs[0]?.name, type: 'float32' });
    expect(adapted.outputs[0]?.dims).toEqual(tool === 'imgly' ? [1, 1, size, size] : [1, 1, 64, 64]);
  });

  test('finds in a plain photo what the model itself finds', async () => {
    const { graph, model } = await packed(family, 64);
    const [r, g, b] = [255, 120, 30];
    const own = model.manifest.input;
    // rembg divides by the photo's largest value, which is 255 here; imgly takes 128 off and divides by 256.
    const { mean, std } = family === 'isnet' ? { mean: [0.5, 0.5, 0.5], std: [1, 1, 1] } : IMAGENET;
    const fed = [r, g, b].map((value, c) =>
      tool === 'imgly' ? (value - 128) / 256 : (value / 255 - (mean[c] ?? 0)) / (std[c] ?? 1),
    );
    const wanted = [r, g, b].map(
      (v, c) => (v / (own.scale === 'one' ? 1 : 255) - (own.mean[c] ?? 0)) / (own.std[c] ?? 1),
    );
    const plain = (values: readonly number[], side: number): Float32Array =>
      Float32Array.from({ length: 3 * side * side }, (_, i) => values[Math.floor(i / (side * side))] ?? 0);

    const adapted = adaptGraph(graph, model.manifest, toolForm(tool, model.manifest));
    const [mask, expected] = [await runForMask(adapted, plain(fed, size)), await runForMask(graph, plain(wanted, 64))];

    // imgly's mask is the model's, scaled up 16 times: its pixel 512 lies at 512.5 / 16 - 0.5 of the model's own.
    const place = tool === 'imgly' ? 512.5 / 16 - 0.5 : 32;
    expect(pixelAt(mask, tool === 'imgly' ? 512 : 32)).toBeCloseTo(pixelAt(expected, place), 3);
  });
});

/** A square mask's value at (place, place), between pixels bilinearly. */
function pixelAt(values: Float32Array, place: number): number {
  const side = Math.sqrt(values.length);
  const [low, part] = [Math.floor(place), place % 1];
  const at = (x: number, y: number): number => values[(low + y) * side + low + x] ?? Number.NaN;
  const row = (y: number): number => at(0, y) * (1 - part) + at(1, y) * part;
  return row(0) * (1 - part) + row(1) * part;
}

test('a model of the size and scaling that the tool feeds is passed on as it is', async () => {
  const { graph, model } = await packed('u2netp', 320);
  const random = seededRandom(3);
  const input = Float32Array.from({ length: 3 * 320 * 320 }, () => random.normal());

  const adapted = adaptGraph(graph, model.manifest, toolForm('rembg', model.manifest));

  expect(adapted.nodes).toHaveLength(graph.nodes.length);
  expect(largestDifference(await runForMask(adapted, input), await runForMask(graph, input))).toBe(0);
});

test('names that a tool needs may be taken inside the model', async () => {
  const { graph, model } = await packed('isnet', 64);
  const inner = graph.nodes[3]?.outputs[0] ?? '';
  const rename = (name: string): string => (name === inner ? 'output' : name);
  const clashing: Graph = {
    ...graph,
    nodes: graph.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(rename),
      outputs: node.outputs.map(rename),
    })),
  };
  const photo = new Float32Array(3 * 1024 * 1024).fill(0.25);
  const [own, clashed] = [graph, clashing].map((one) =>
    adaptGraph(one, model.manifest, toolForm('imgly', model.manifest)),
  );

  const results = await Promise.all([own, clashed].map((one) => runGraph(one ?? graph, photo)));

  const [before, after] = results.map(({ output }) => output ?? new Float32Array());
  expect(after).toHaveLength(1024 * 1024);
  expect(after).toEqual(before);
});

test('scaling keeps means and averages where it shrinks', () => {
  const down = resampleMatrix(8, 2);
  const up = resampleMatrix(2, 4);

  expect([...(down.data as Float32Array)].reduce((a, b) => a + b)).toBeCloseTo(2, 5);
  expect([...(down.data as Float32Array)].slice(0, 4).every((weight) => weight > 0)).toBe(true);
  // Half-pixel centres: targets lie at source -0.25, 0.25, 0.75, 1.25; the frame repeats.
  expect([...(up.data as Float32Array)]).toEqual([1, 0, 0.75, 0.25, 0.25, 0.75, 0, 1]);
});

test('for rembg a file and the command that loads it from there', async () => {
  const { model } = await packed('u2netp', 64);

  const { path, usage, bytes } = await writeExport(model, 'rembg', join(folder, 'out', 'thin.onnx'));

  expect(path).toBe(join(folder, 'out', 'thin.onnx'));
  expect(await readdir(join(folder, 'out'))).toEqual(['thin.onnx']);
  expect(bytes).toBe((await readFile(path)).length);
  // rembg refuses model paths outside its home.
  expect(usage).toBe(
    `U2NET_HOME='${join(folder, 'out')}' rembg i -m u2net_custom -x '{"model_path":"${path}"}' in.jpg out.png`,
  );
});

test('for imgly a folder with the pieces that its index names', async () => {
  const { model } = await packed('isnet', 64);

  const { path, usage } = await writeExport(model, 'imgly', join(folder, 'public'));

  const index = JSON.parse(await readFile(join(path, 'resources.json'), 'utf8'));
  const { chunks, size } = index['/models/medium'];
  const bytes = await readFile(join(path, chunks[0].hash));
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(chunks[0].hash);
  expect([chunks[0].offsets, size]).toEqual([[0, bytes.length], bytes.length]);
  expect(decodeModel(bytes).inputs[0]?.name).toBe('input');
  expect(usage).toContain(`publicPath: 'file://${path}/'`);
});
