import { expect, test } from 'vitest';
import { PictureDesk } from '#cdk/studio/server/pictures.ts';
import { sharp } from '#functions/imaging/codec.ts';
import { temporaryFolder } from '#test/support/folders.ts';

/** More than any machine draws at once. */
const MANY = Array.from({ length: 300 }, (_, n) => n);

test('pictures that are made of others which have to be drawn first all come, however many are asked for at once', async () => {
  const desk = new PictureDesk(temporaryFolder());
  const file = await sharp({ create: { width: 4, height: 4, channels: 3, background: 'red' } })
    .png()
    .toBuffer();

  const drawn = await Promise.all(
    MANY.map((n) => desk.kept(`mask ${n}`, async () => (await desk.thumbnail(`of ${n}`, async () => file)).bytes)),
  );

  expect(drawn.every((bytes) => bytes.length > 0)).toBe(true);
});

test('what was drawn once is kept', async () => {
  const desk = new PictureDesk(temporaryFolder());
  const file = await sharp({ create: { width: 4, height: 4, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  let reads = 0;
  const read = async () => {
    reads++;
    return file;
  };

  await desk.thumbnail('red', read);
  await desk.thumbnail('red', read);

  expect(reads).toBe(1);
});
