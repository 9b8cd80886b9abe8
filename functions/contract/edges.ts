import { z } from 'zod';

/** How a mask's edge is brought to the photo's size: scaled, or moved to the photo's own edges with clean colours. */
export const Edges = z.enum(['fast', 'fine']);
export type Edges = z.infer<typeof Edges>;
