/**
 * Works on several items at once and hands the results out in the items' order.
 *
 * @param work Must not reject.
 * @param options.concurrency How many are under way or finished and not yet taken: what bounds the memory.
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item>,
  work: (item: Item) => Promise<Result>,
  options: { readonly concurrency: number },
): AsyncGenerator<Result> {
  const underWay: Promise<Result>[] = [];
  for (const item of items) {
    underWay.push(work(item));
    if (underWay.length < options.concurrency) continue;
    const first = underWay.shift();
    if (first !== undefined) yield await first;
  }
  for (const result of underWay) yield await result;
}
