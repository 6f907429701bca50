import ms from 'ms'

export const minutes = (text: string): number => Number(ms(text as ms.StringValue)) / 60_000
