import sharp from 'sharp';

/**
 * sharp, set up once for the whole process.
 *
 * - No operation cache: no two photos are alike, so it would only hold memory.
 * - One thread: a worker owns one vCPU and works on one photo at a time.
 * - Only the loaders of the formats we accept. The others (SVG, PDF, ImageMagick ...) can read files or run scripts, so
 *   they stay locked even where libvips was built with them.
 */
sharp.cache(false);
sharp.concurrency(1);
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: [
    'VipsForeignLoadJpeg',
    'VipsForeignLoadPng',
    'VipsForeignLoadWebp',
    'VipsForeignLoadTiff',
    'VipsForeignLoadNsgif',
    'VipsForeignLoadHeif',
  ],
});

export { sharp };
