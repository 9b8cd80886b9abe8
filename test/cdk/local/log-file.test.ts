import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LogFile } from '../../../cdk/local/log-file.ts';
import { temporaryFolder } from '../../support/folders.ts';

test('appends to what an earlier run wrote', () => {
  const path = join(temporaryFolder(), 'worker.log');
  for (const line of ['one', 'two']) {
    const log = new LogFile(path);
    log.append(line);
    log.close();
  }

  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
});

test('never grows beyond its size, and keeps the file before', () => {
  const path = join(temporaryFolder(), 'worker.log');
  const log = new LogFile(path, { maxBytes: 10 });

  for (const line of ['aaa', 'bbb', 'ccc', 'ddd', 'eee']) log.append(line);
  log.close();

  expect(readFileSync(path, 'utf8')).toBe('eee\n');
  expect(readFileSync(`${path}.old`, 'utf8')).toBe('ccc\nddd\n');
});

test('loses lines that cannot be written', () => {
  const path = join(temporaryFolder(), 'gone');
  mkdirSync(path);
  const log = new LogFile(path);

  expect(() => log.append('a line')).not.toThrow();
});
