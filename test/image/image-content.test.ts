import { expect, test } from 'vitest';
import { contentAbove } from './image-content.ts';

test('sums up what an image adds to its base, by package and folder, largest first', () => {
  const base = [{ path: 'bin/sh', bytes: 1000 }];
  const image = [
    ...base,
    { path: 'var/task/index.mjs', bytes: 30 },
    { path: 'var/task/node_modules/@img/sharp/lib/a.so', bytes: 200 },
    { path: 'var/task/node_modules/@img/sharp/package.json', bytes: 1 },
    { path: 'var/task/node_modules/semver/index.js', bytes: 2 },
    { path: 'opt/models/isnet/model.onnx', bytes: 5000 },
  ];

  expect(contentAbove(base, image)).toEqual({
    bytes: 5233,
    folders: [
      { path: 'opt/models/isnet', bytes: 5000 },
      { path: 'var/task/node_modules/@img/sharp', bytes: 201 },
      { path: 'var/task', bytes: 30 },
      { path: 'var/task/node_modules/semver', bytes: 2 },
    ],
  });
});
