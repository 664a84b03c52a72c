import fc from 'fast-check'

/** Draws an integer from 0 to `max`. */
export type Draw = (max: number) => number

/** More than any scene draws. */
const choicesMax = 2_000

/**
 * A source of choices for scenes. All of them are one array of numbers that shrinks, because drawing each from a generator
 * of its own costs ten times the evaluation that is to be tested. Smaller numbers are simpler choices.
 */
export const draws: fc.Arbitrary<Draw> = fc
  .noBias(fc.uint32Array({ minLength: choicesMax, maxLength: choicesMax }))
  .map((choices) => {
    let position = 0
    return (max) => {
      position += 1
      return (choices[(position - 1) % choicesMax] ?? 0) % (max + 1)
    }
  })

export function pick<T>(draw: Draw, choices: readonly T[]): T {
  const choice = choices[draw(choices.length - 1)]
  if (choice === undefined) throw new Error('there is nothing to pick from')
  return choice
}

/** True so often; shrinks to false. */
export function chance(draw: Draw, percent: number): boolean {
  return draw(99) >= 100 - percent
}

export function repeat<T>(draw: Draw, [min, max]: readonly [number, number], create: (index: number) => T): T[] {
  return Array.from({ length: min + draw(max - min) }, (_, index) => create(index))
}

export function drawHex(draw: Draw, size: number): string {
  return Array.from({ length: size }, () => draw(255).toString(16).padStart(2, '0')).join('')
}
