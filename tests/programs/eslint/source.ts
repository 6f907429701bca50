import { sum } from './sum.js'

export const total: number = sum([1, 2, 3])
