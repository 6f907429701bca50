import * as React from 'react'
import { renderToStaticMarkup } from 'react-dom/server'

console.log(renderToStaticMarkup(<p className='big'>{[1, 2].map(n => <b key={n}>{n}</b>)}</p>))
