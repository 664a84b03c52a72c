/**
 * The canonical text of a decimal, equal for equal numbers; null when the text is no decimal of the original's library:
 * optional sign, `_` between digits, at most 2^96-1 as an integer, 28 places after the point, no exponent (spec/03 §6.6).
 */
export function canonicalDecimal(text: string): string | null {
  const match = /^([+-]?)([0-9][0-9_]*)?(?:\.([0-9][0-9_]*)?)?$/.exec(text)
  if (!match) return null
  const whole = (match[2] ?? '').replaceAll('_', '')
  const fraction = (match[3] ?? '').replaceAll('_', '')
  if (whole === '' && fraction === '') return null
  const digits = whole.replace(/^0+/, '')
  if (digits.length > INTEGER_DIGITS_MAX || BigInt(digits || '0') > MANTISSA_MAX) return null
  const decimal = withoutTrailingZeros(round(digits, fraction))
  return match[1] === '-' && decimal.mantissa !== 0n
    ? `-${decimal.mantissa}e-${decimal.scale}`
    : `${decimal.mantissa}e-${decimal.scale}`
}

const MANTISSA_MAX = 2n ** 96n - 1n
const INTEGER_DIGITS_MAX = 29
const SCALE_MAX = 28

type Decimal = { mantissa: bigint; scale: number }

/** Keeps as many places as fit and rounds half up; without places the number is known to fit. */
function round(whole: string, fraction: string): Decimal {
  for (let scale = Math.min(SCALE_MAX, fraction.length); scale > 0; scale -= 1) {
    const mantissa = BigInt(whole + fraction.slice(0, scale)) + roundUp(fraction[scale])
    if (mantissa <= MANTISSA_MAX) return { mantissa, scale }
  }
  const mantissa = BigInt(whole || '0')
  const rounded = mantissa + roundUp(fraction[0])
  return { mantissa: rounded <= MANTISSA_MAX ? rounded : mantissa, scale: 0 }
}

function roundUp(digit: string | undefined): bigint {
  return digit !== undefined && digit >= '5' ? 1n : 0n
}

function withoutTrailingZeros({ mantissa, scale }: Decimal): Decimal {
  if (mantissa === 0n) return { mantissa, scale: 0 }
  let reduced = { mantissa, scale }
  while (reduced.scale > 0 && reduced.mantissa % 10n === 0n) {
    reduced = { mantissa: reduced.mantissa / 10n, scale: reduced.scale - 1 }
  }
  return reduced
}
