import js from '@eslint/js'
import imports from 'eslint-plugin-import-x'
import typescript from 'typescript-eslint'

export default typescript.config(
  { ignores: ['wrong'] },
  js.configs.recommended,
  typescript.configs.recommended,
  imports.flatConfigs.recommended,
  { languageOptions: { globals: { process: 'readonly', console: 'readonly' } } }
)
