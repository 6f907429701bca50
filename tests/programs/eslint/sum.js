export function sum (numbers) {
  return numbers.reduce((left, right) => left + right, 0)
}
