import { useState } from 'react'
import { createRoot } from 'react-dom/client'
import './style.css'

function Counter () {
  const [count, setCount] = useState(0)
  return <button onClick={() => setCount(count + 1)}>pressed {count} times</button>
}

createRoot(document.getElementById('root')).render(<Counter />)
