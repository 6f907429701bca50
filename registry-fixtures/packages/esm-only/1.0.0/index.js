export const name = 'esm-only';

export default function hello() {
  return 'hello from a module';
}
