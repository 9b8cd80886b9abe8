import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { seededRandom } from '#models/math/random.ts';
import { decodeModel, encodeModel } from '#models/onnx/codec.ts';
import { costOf } from '#models/onnx/cost.ts';
import { OnnxError } from '#models/onnx/errors.ts';
import { ModelProtoSchema, TensorProto_DataLocation } from '#models/onnx/generated/onnx_pb.js';
import { inRunningOrder } from '#models/onnx/graph.ts';
import { numbersOf } from '#models/onnx/tensor.ts';
import { network } from '#test/support/models/network.ts';
import { largestDifference, noiseInput, runForMask } from '#test/support/models/run-graph.ts';

function smallModel(): Uint8Array {
  const net = network({ height: 8 });
  return encodeModel(net.graph([net.sigmoid(net.conv(net.relu(net.conv(net.input, 4)), 1))]));
}

/** A length-delimited protobuf field, written by hand: tag, length, bytes. */
function unknownField(number: number, text: string): Uint8Array {
  const body = new TextEncoder().encode(text);
  const tag = (number << 3) | 2;
  return Uint8Array.of((tag & 0x7f) | 0x80, tag >> 7, body.length, ...body);
}

test('an untouched model encodes to the same bytes', () => {
  const bytes = smallModel();

  expect(encodeModel(decodeModel(bytes))).toEqual(bytes);
});

test('an untouched model keeps its producer, metadata, doc strings, value shapes and empty fields', () => {
  const model = fromBinary(ModelProtoSchema, smallModel());
  model.producerName = 'somebody';
  model.docString = '';
  model.metadataProps.push({ $typeName: 'onnx.StringStringEntryProto', key: 'author', value: 'me' });
  const [node] = model.graph?.node ?? [];
  if (node !== undefined) node.docString = 'first';
  model.graph?.valueInfo.push(...model.graph.output);
  const bytes = toBinary(ModelProtoSchema, model);

  expect(encodeModel(decodeModel(bytes))).toEqual(bytes);
});

test('fields that the schema does not know survive', () => {
  const bytes = Uint8Array.from([...smallModel(), ...unknownField(900, 'from the future')]);

  const again = encodeModel(decodeModel(bytes));

  expect(Buffer.from(again).includes('from the future')).toBe(true);
  expect(again.length).toBe(bytes.length);
});

test('a decoded and encoded model computes the same', async () => {
  const graph = decodeModel(smallModel());
  const input = noiseInput(graph);

  const again = decodeModel(encodeModel({ ...graph, nodes: [...graph.nodes] }));

  expect(largestDifference(await runForMask(graph, input), await runForMask(again, input))).toBe(0);
});

test('weights in typed fields read the same as raw ones', () => {
  const model = fromBinary(ModelProtoSchema, smallModel());
  for (const tensor of model.graph?.initializer ?? []) {
    tensor.floatData = [...new Float32Array(new Uint8Array(tensor.rawData).buffer)];
    tensor.rawData = new Uint8Array();
  }

  const typed = decodeModel(toBinary(ModelProtoSchema, model));

  for (const [name, tensor] of decodeModel(smallModel()).constants) {
    const other = typed.constants.get(name);
    expect(other === undefined ? undefined : numbersOf(other)).toEqual(numbersOf(tensor));
  }
});

test('nodes out of order are put in running order', () => {
  const graph = decodeModel(smallModel());

  const sorted = inRunningOrder({ ...graph, nodes: graph.nodes.toReversed() });

  expect(sorted.nodes.map((node) => node.op)).toEqual(['Conv', 'Relu', 'Conv', 'Sigmoid']);
});

test('parameters and multiply-accumulates are those counted by hand', () => {
  const cost = costOf(decodeModel(smallModel()));

  expect(cost).toEqual({ parameters: 4 * 3 * 9 + 4 + 1 * 4 * 9 + 1, macs: 64 * (4 * 3 * 9 + 1 * 4 * 9) });
});

test('refuses what is no ONNX model, naming the file', () => {
  for (const text of ['', 'hello', '<html><body>404</body></html>']) {
    expect(() => decodeModel(new TextEncoder().encode(text), 'photo.onnx')).toThrow(/photo\.onnx/);
  }
});

test('refuses weights outside the file', () => {
  const model = fromBinary(ModelProtoSchema, smallModel());
  const tensor = model.graph?.initializer[0];
  if (tensor !== undefined) tensor.dataLocation = TensorProto_DataLocation.EXTERNAL;

  expect(() => decodeModel(toBinary(ModelProtoSchema, model))).toThrow(
    expect.objectContaining({ code: 'external_data', message: expect.stringContaining('Conv_0.weight') }),
  );
});

test('refuses an opset it does not know', () => {
  const model = fromBinary(ModelProtoSchema, smallModel());
  model.opsetImport = [create(ModelProtoSchema, { opsetImport: [{ version: 99n }] }).opsetImport].flat();

  expect(() => decodeModel(toBinary(ModelProtoSchema, model))).toThrow(
    expect.objectContaining({ code: 'unsupported_opset', message: expect.stringContaining('99') }),
  );
});

test('a truncated file is refused wherever it ends', () => {
  const bytes = smallModel();

  for (let length = 0; length < bytes.length; length++) {
    expect(outcomeOf(bytes.subarray(0, length))).toBe('refused');
  }
});

test('a damaged file ends in an OnnxError or in a model, never in another error', () => {
  const bytes = smallModel();
  const random = seededRandom(11);

  for (let round = 0; round < 2000; round++) {
    const damaged = bytes.slice();
    for (let hit = 0; hit < 3; hit++) damaged[random.integer(damaged.length)] = random.integer(256);
    expect(['refused', 'read']).toContain(outcomeOf(damaged));
  }
});

function outcomeOf(bytes: Uint8Array): string {
  try {
    decodeModel(bytes);
    return 'read';
  } catch (error) {
    return error instanceof OnnxError ? 'refused' : String(error);
  }
}
