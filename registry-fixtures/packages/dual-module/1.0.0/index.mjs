export const system = 'esm';
