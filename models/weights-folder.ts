import { fileURLToPath } from 'node:url';

/** Where the networks lie that come with the product, each in a folder of its id. */
export const WEIGHTS_FOLDER = fileURLToPath(new URL('weights', import.meta.url));
