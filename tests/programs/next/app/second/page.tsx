'use client'
import { useState } from 'react'

export default function Page () {
  const [count, setCount] = useState(0)
  return <button onClick={() => setCount(count + 1)}>Second page, pressed {count} times</button>
}
