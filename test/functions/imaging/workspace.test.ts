import { expect, test } from 'vitest';
import { Workspace } from '#functions/imaging/workspace.ts';

test('a buffer has exactly the length that was asked for, aligned to four bytes', () => {
  const workspace = new Workspace();

  for (const length of [40, 12, 4, 1, 39]) {
    const buffer = workspace.take('pixels', length);
    expect(buffer.length).toBe(length);
    expect(buffer.byteOffset % 4).toBe(0);
  }
});

test('memory is used again for a photo of the same size or smaller', () => {
  const workspace = new Workspace();
  const first = workspace.take('pixels', 1000);

  expect(workspace.take('pixels', 1000).buffer).toBe(first.buffer);
  expect(workspace.take('pixels', 10).buffer).toBe(first.buffer);
  expect(workspace.take('pixels', 1000).buffer).toBe(first.buffer);
});

test('a larger photo gets new memory, which is kept instead', () => {
  const workspace = new Workspace();
  const small = workspace.take('pixels', 10);
  const large = workspace.take('pixels', 1000);

  expect(large.buffer).not.toBe(small.buffer);
  expect(workspace.take('pixels', 10).buffer).toBe(large.buffer);
});

test('buffers of different names never overlap', () => {
  const workspace = new Workspace();

  expect(workspace.take('alpha', 10).buffer).not.toBe(workspace.take('pixels', 10).buffer);
});

test('a huge buffer is given back after its photo', () => {
  const workspace = new Workspace();
  const kept = workspace.take('pixels', 1000);
  const huge = workspace.take('pixels', 128_000_001);

  expect(huge.length).toBe(128_000_001);
  expect(workspace.take('pixels', 1000).buffer).toBe(kept.buffer);
  expect(workspace.take('pixels', 128_000_001).buffer).not.toBe(huge.buffer);
});

test('what is given back is gone at once, and the next one gets new memory', () => {
  const workspace = new Workspace();
  const alpha = workspace.take('alpha', 1000);
  const pixels = workspace.take('pixels', 1000);

  workspace.giveBack('alpha');
  workspace.giveBack('alpha');

  expect([alpha.length, pixels.length]).toEqual([0, 1000]);
  expect(workspace.take('alpha', 10)).toHaveLength(10);
});
