import type { EvmAbi } from '../config/evm-abi.ts'
import { word } from './abi-sample.ts'
import { chance, type Draw, drawHex, pick, repeat } from './scene/draw.ts'

/** What nobody writes who means well: for properties that say that nothing breaks. */

const bases = [
  'uint256',
  'bytes',
  'string',
  'bool',
  'bytes31',
  '()',
  'tuple()',
  '(uint256,bytes[])',
  'tuple',
  'fixed8x1',
  'X.Y',
  'uint257',
  '',
]
const suffixes = [
  '[]',
  '[]',
  '[1]',
  '[3]',
  '[0]',
  '[65535]',
  '[18446744073709551616]',
  '[99999999999999999999999]',
  '[',
]

type Input = { type: string; name: string; components?: Input[] }

export function drawHostileInputs(draw: Draw): Input[] {
  return repeat(draw, [0, 4], (index) => {
    const suffix = pick(draw, suffixes)
    const count = pick(draw, [0, 1, 2, 8, 9, 63, 64, 500])
    const arrays = chance(draw, 70) ? suffix.repeat(count) : repeat(draw, [0, 6], () => pick(draw, suffixes)).join('')
    const name = pick(draw, ['a', '', '__proto__', `x${index}`])
    if (!chance(draw, 25)) return { type: `${pick(draw, bases)}${arrays}`, name }
    return { type: `tuple${arrays}`, name, components: [nest(draw, pick(draw, [1, 5, 50]))] }
  })
}

function nest(draw: Draw, depth: number): Input {
  const type = `tuple${pick(draw, ['', '', '[]', '[2]'])}`
  return depth === 0
    ? { type: pick(draw, bases), name: 'm0' }
    : { type, name: 'm0', components: [nest(draw, depth - 1)] }
}

export function hostileAbi(inputs: Input[], isIndexed: boolean): EvmAbi {
  return [
    { type: 'function', name: 'h', inputs, outputs: [] },
    { type: 'event', name: 'H', anonymous: false, inputs: inputs.map((input) => ({ ...input, indexed: isIndexed })) },
  ]
}

const MAX = 2n ** 256n - 1n
const sizes = [
  0n,
  1n,
  2n,
  31n,
  32n,
  33n,
  64n,
  96n,
  1_000n,
  65_535n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n,
  2n ** 64n - 1n,
  2n ** 64n,
  MAX,
]

/** Words that look like offsets and lengths, or any bytes; without `0x`. */
export function drawHostileData(draw: Draw): string {
  const words = repeat(draw, [0, 60], () => {
    if (chance(draw, 15)) return drawHex(draw, 32)
    return word(chance(draw, 60) ? BigInt(32 * draw(12)) : pick(draw, sizes))
  })
  return words.join('') + drawHex(draw, pick(draw, [0, 0, 1, 31]))
}

const tokens = [
  'a b a[0] a[0][0] a.m0.m0 a[99999999999999999999] __proto__ x1 value gas_used input'.split(' '),
  '== != > <= contains starts_with ENDS_WITH AND or ( ) (( )) [ ] . \\'.split(' '),
  `1 -1 0x 0xff true TRUE ' " 'x' "[[[[" '{"a":1}' 1e9 𝒳`.split(' '),
  [' ', '\t', '\n', '\u0000'],
].flat()

export function drawHostileExpression(draw: Draw): string {
  const depth = pick(draw, [3, 1_000, 1_001, 4_000])
  switch (draw(5)) {
    case 0:
      return `${'('.repeat(depth)}a == 1${')'.repeat(depth)}`
    case 1:
      return Array.from({ length: depth }, () => pick(draw, ['a == 1', 'b != 2'])).join(pick(draw, [' AND ', ' OR ']))
    case 2:
      return `a${pick(draw, ['[0]', '.m0', '.a'])}${'[0]'.repeat(depth)} == '${'['.repeat(depth)}${']'.repeat(depth)}'`
    case 3:
      return `a contains '${'('.repeat(depth)}"${')'.repeat(depth)}'`
    default:
      return repeat(draw, [0, 12], () => pick(draw, tokens)).join(pick(draw, ['', ' ']))
  }
}
