import hello from 'esm-only';
import { system } from 'dual-module';
import greet from 'greet';

export default () => [hello(), system, greet('ada')];
