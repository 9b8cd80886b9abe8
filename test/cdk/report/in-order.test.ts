import { expect, test } from 'vitest';
import { inOrder } from '#cdk/report/in-order.ts';

test('hands results out in the order of the items, however they finish', async () => {
  const finish: (() => void)[] = [];
  const work = (item: string) =>
    new Promise<string>((resolve) => {
      finish.push(() => resolve(item));
      if (finish.length === 3) for (const end of finish.reverse()) end();
    });

  const results: string[] = [];
  for await (const result of inOrder(['a', 'b', 'c'], work, { concurrency: 3 })) results.push(result);

  expect(results).toEqual(['a', 'b', 'c']);
});

test('never holds more than it was told to', async () => {
  let underWay = 0;
  let most = 0;
  const work = async (item: number) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await Promise.resolve();
    return item;
  };

  for await (const _ of inOrder(Array(20).keys(), work, { concurrency: 3 })) underWay -= 1;

  expect(most).toBe(3);
});
