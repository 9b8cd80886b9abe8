import { expect, test } from 'vitest';
import { isThisMachine } from '../../../cdk/serve/this-machine.ts';

test.each([
  ['127.0.0.1', true],
  ['127.8.9.10', true],
  ['::1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['10.0.0.1', false],
  ['192.168.1.5', false],
  ['::ffff:10.0.0.1', false],
  ['shop.example', false],
  ['localhost.example', false],
  ['', false],
])('%s: nobody else can reach it is %s', (host, isOurs) => {
  expect(isThisMachine(host)).toBe(isOurs);
});
