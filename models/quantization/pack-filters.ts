import { attributes } from '../onnx/attributes.ts';
import { type Graph, type GraphNode, withoutUnused } from '../onnx/graph.ts';
import { ELEMENT_CODES, int64Tensor, type Tensor } from '../onnx/tensor.ts';

/** Weights that share an index: a row of a 3 x 3 filter. */
const ROW = 3;

/** The largest weight that can be packed. That makes 39 levels, the most that three of them in 16 bits allow: 39 ^ 3 = 59,319. */
export const LARGEST_PACKED = 19;
const LEVELS = 2 * LARGEST_PACKED + 1;

/** Fewer weights than this are left as they are: the table of all rows alone takes 178 kB. */
const LEAST_WEIGHTS = 2 ** 12;

/** Whether filters of this shape have rows of three, so that they can be packed. */
export function isPackable(dims: readonly number[]): boolean {
  return dims.length === 4 && dims.at(-1) === ROW;
}

/**
 * Keeps filters whose weights are whole numbers in -19..19 in 5 1/3 bits a weight in place of 8: each row of three becomes a 16-bit
 * index into a table of all such rows. What unfolds them depends on constants alone, so onnxruntime does it once, when it
 * loads the file; no value changes and no run gets dearer.
 *
 * @param graph As `writeQuantized` leaves it. Filters with larger weights, or rows of another length, stay.
 */
export function packFilters(graph: Graph): Graph {
  const constants = new Map<string, Tensor>(graph.constants);
  const nodes: GraphNode[] = [];
  const unfolded = new Map<string, string>();
  for (const node of graph.nodes) {
    const name = node.inputs[0] ?? '';
    const levels = graph.constants.get(name);
    if (node.op !== 'DequantizeLinear' || levels?.type !== 'int8' || !isWorthPacking(levels)) {
      nodes.push(node);
      continue;
    }
    const filters = unfolded.get(name) ?? `${name}.unfolded`;
    if (!unfolded.has(name)) {
      constants.set(`${name}.rows`, rowIndices(levels));
      constants.set(`${name}.shape`, int64Tensor(levels.dims));
      constants.set(TABLE, tableOfRows());
      nodes.push(...unfolding(name, filters));
      unfolded.set(name, filters);
    }
    nodes.push({ ...node, inputs: [filters, ...node.inputs.slice(1)] });
  }
  return withoutUnused({ ...graph, nodes, constants });
}

type Levels = Extract<Tensor, { type: 'int8' }>;

const TABLE = 'filter.rows.table';

function isWorthPacking({ dims, data }: Levels): boolean {
  return isPackable(dims) && data.length >= LEAST_WEIGHTS && data.every((level) => Math.abs(level) <= LARGEST_PACKED);
}

function unfolding(name: string, filters: string): GraphNode[] {
  const node = (op: string, part: string, inputs: readonly string[], fields: Parameters<typeof attributes>[0]) => ({
    name: part,
    op,
    inputs,
    outputs: [part],
    attributes: attributes(fields),
  });
  return [
    node('Cast', `${name}.rows.wide`, [`${name}.rows`], { to: ELEMENT_CODES.int32 }),
    node('Gather', `${name}.unfolded.rows`, [TABLE, `${name}.rows.wide`], { axis: 0 }),
    node('Reshape', filters, [`${name}.unfolded.rows`, `${name}.shape`], {}),
  ];
}

/** Where each row of three stands in the table, `[O x I x H]`. */
function rowIndices({ data }: Levels): Tensor {
  const rows = new Uint16Array(data.length / ROW);
  for (let row = 0; row < rows.length; row++) {
    const at = (tap: number): number => (data[row * ROW + tap] ?? 0) + LARGEST_PACKED;
    rows[row] = (at(0) * LEVELS + at(1)) * LEVELS + at(2);
  }
  return { type: 'uint16', dims: [rows.length], data: rows };
}

/** Every row of three levels, `[59319, 3]`. */
function tableOfRows(): Tensor {
  const count = LEVELS ** ROW;
  const data = new Int8Array(count * ROW);
  for (let index = 0; index < count; index++) {
    const levels = [Math.floor(index / LEVELS ** 2), Math.floor(index / LEVELS) % LEVELS, index % LEVELS];
    for (const [tap, level] of levels.entries()) data[index * ROW + tap] = level - LARGEST_PACKED;
  }
  return { type: 'int8', dims: [count, ROW], data };
}
