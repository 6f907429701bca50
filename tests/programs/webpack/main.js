import { chunk } from 'lodash-es'
import './style.css'

console.log(JSON.stringify(chunk(['a', 'b', 'c'], 2)))
