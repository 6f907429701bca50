import camelcase from 'camelcase'
import ms from 'ms'

console.log(camelcase('two-words'), ms('1m'))
