// The hooks of the map for ES modules: `node --require ./.pnp.cjs --experimental-loader ./.pnp.loader.mjs`.
// A process that loaded `.pnp.cjs` first has them already; this file is for tools that ask for it by name.
import { createRequire } from 'node:module';

const map = createRequire(import.meta.url)('./.pnp.cjs');

export const { resolve, load } = map[Symbol.for('pkg.pnp.hooks')]();
