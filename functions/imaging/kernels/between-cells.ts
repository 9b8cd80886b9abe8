import type { EdgeGrid } from './edge-grid.ts';

/**
 * Where a point's values lie: what the mask says, the subject's and the background's RGB, and how much each varies, 0..255; and a place for
 * what follows from them, 0..1, since a number that a function returns may cost an allocation.
 */
export const PLANES = { alpha: 0, front: 1, back: 4, spread: 7, opacity: 9 } as const;
const COUNT = 9;

/** Reads what a grid knows at its cells and, bilinearly, at the photo's pixels between their centres. */
export class PointReader {
  readonly #grid: EdgeGrid;
  /** A cell and its eight neighbours, row by row; at the frame, the cell beyond is the one before it. */
  readonly #around = new Float64Array(9 * COUNT);
  /** Three columns of those, at one row of pixels. */
  readonly #columns = new Float64Array(3 * COUNT);
  readonly #point = new Float64Array(COUNT + 1);
  /** From one pixel to the next. */
  readonly #step = new Float64Array(COUNT);
  /** The first pixel of a cell that lies right of its centre. */
  readonly #middle: number;

  constructor(grid: EdgeGrid) {
    this.#grid = grid;
    this.#middle = Math.ceil((grid.factor - 1) / 2);
  }

  /** @returns A cell's own values; overwritten by the next call of anything. */
  atCell(cell: number): Float64Array {
    this.#readCell(this.#point, 0, cell);
    return this.#point;
  }

  /** Goes to a cell; its rows come next. */
  moveTo(cellX: number, cellY: number): void {
    const { width, height } = this.#grid;
    for (let row = 0; row < 3; row++) {
      const y = Math.min(Math.max(cellY + row - 1, 0), height - 1);
      for (let column = 0; column < 3; column++) {
        const x = Math.min(Math.max(cellX + column - 1, 0), width - 1);
        this.#readCell(this.#around, (row * 3 + column) * COUNT, y * width + x);
      }
    }
  }

  /** Goes to a row of the cell's pixels, counted from its top; its pixels come next. */
  moveToRow(y: number): void {
    const around = this.#around;
    const columns = this.#columns;
    const place = (y + 0.5) / this.#grid.factor + 0.5;
    const upper = place < 1 ? 0 : 1;
    const weight = place - upper;
    const from = upper * 3 * COUNT;
    for (let i = 0; i < 3 * COUNT; i++) {
      const value = around[from + i] as number;
      columns[i] = value + ((around[from + i + 3 * COUNT] as number) - value) * weight;
    }
  }

  /**
   * Reads the row's pixels from left to right.
   *
   * @param x Counted from the cell's left; the pixel before it came before. @returns Its values; overwritten by the next call of anything.
   */
  at(x: number): Float64Array {
    const point = this.#point;
    const step = this.#step;
    // Between the same two columns the values go on in equal steps.
    if (x !== 0 && x !== this.#middle) {
      for (let i = 0; i < COUNT; i++) point[i] = (point[i] as number) + (step[i] as number);
      return point;
    }
    const columns = this.#columns;
    const { factor } = this.#grid;
    const place = (x + 0.5) / factor + 0.5;
    const left = place < 1 ? 0 : 1;
    const weight = place - left;
    for (let i = 0, from = left * COUNT; i < COUNT; i++, from++) {
      const value = columns[from] as number;
      const slope = (columns[from + COUNT] as number) - value;
      point[i] = value + slope * weight;
      step[i] = slope / factor;
    }
    return point;
  }

  #readCell(target: Float64Array, to: number, cell: number): void {
    const { alpha, front, back, spread } = this.#grid;
    const at = cell * 3;
    target[to] = alpha[cell] as number;
    target[to + 1] = front[at] as number;
    target[to + 2] = front[at + 1] as number;
    target[to + 3] = front[at + 2] as number;
    target[to + 4] = back[at] as number;
    target[to + 5] = back[at + 1] as number;
    target[to + 6] = back[at + 2] as number;
    target[to + 7] = spread[cell * 2] as number;
    target[to + 8] = spread[cell * 2 + 1] as number;
  }
}
