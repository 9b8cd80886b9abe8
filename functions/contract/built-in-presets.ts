import { Preset } from './preset.ts';
import amazon from './presets/amazon.json' with { type: 'json' };
import ebay from './presets/ebay.json' with { type: 'json' };
import etsy from './presets/etsy.json' with { type: 'json' };
import google from './presets/google.json' with { type: 'json' };
import mask from './presets/mask.json' with { type: 'json' };
import shopify from './presets/shopify.json' with { type: 'json' };
import taobao from './presets/taobao.json' with { type: 'json' };
import transparent from './presets/transparent.json' with { type: 'json' };
import walmart from './presets/walmart.json' with { type: 'json' };
import white from './presets/white.json' with { type: 'json' };
import whiteSquare from './presets/white-square.json' with { type: 'json' };
import zalando from './presets/zalando.json' with { type: 'json' };

const plain = [transparent, white, whiteSquare, mask];
const shops = [amazon, google, walmart, ebay, shopify, etsy, zalando, taobao];
const presets = [...plain, ...shops].map((preset) => Preset.parse(preset));

/** Presets that come with the product, by id. */
export const BUILT_IN_PRESETS: ReadonlyMap<string, Preset> = new Map(presets.map((preset) => [preset.id, preset]));
