import commonjs from '@rollup/plugin-commonjs'
import resolve from '@rollup/plugin-node-resolve'
import terser from '@rollup/plugin-terser'

export default {
  input: 'main.js',
  output: { file: 'dist/main.mjs', format: 'es' },
  plugins: [resolve(), commonjs(), terser()]
}
