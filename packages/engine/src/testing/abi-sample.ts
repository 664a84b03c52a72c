import fc from 'fast-check'

export type Parameter = { name: string; type: string; components?: Parameter[] }
export type Value = bigint | boolean | string | Value[]

export type Shape =
  | { kind: 'uint' | 'int'; bits: number }
  | { kind: 'address' | 'bool' | 'function' | 'bytes' | 'string' }
  | { kind: 'bytesN'; size: number }
  | { kind: 'array' | 'fixed'; of: Shape; length: number }
  | { kind: 'tuple'; of: Shape[] }

const leaf: fc.Arbitrary<Shape> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('uint' as const, 'int' as const),
    bits: fc.integer({ min: 1, max: 32 }).map((n) => n * 8),
  }),
  fc.record({
    kind: fc.constantFrom(
      'address' as const,
      'bool' as const,
      'function' as const,
      'bytes' as const,
      'string' as const,
    ),
  }),
  fc.record({ kind: fc.constant('bytesN' as const), size: fc.integer({ min: 1, max: 32 }) }),
)

const { shape } = fc.letrec<{ shape: Shape }>((tie) => ({
  shape: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.record({
      kind: fc.constantFrom('array' as const, 'fixed' as const),
      of: tie('shape'),
      length: fc.integer({ min: 1, max: 3 }),
    }),
    fc.record({ kind: fc.constant('tuple' as const), of: fc.array(tie('shape'), { minLength: 1, maxLength: 3 }) }),
  ),
}))

/** Arguments of a random event or function, with random values. */
export const samples: fc.Arbitrary<{ shapes: Shape[]; values: Value[] }> = fc
  .array(shape, { maxLength: 4 })
  .chain((shapes) => fc.tuple(...shapes.map(valueOf)).map((values) => ({ shapes, values })))

function valueOf(type: Shape): fc.Arbitrary<Value> {
  switch (type.kind) {
    case 'uint':
      return fc.bigInt({ min: 0n, max: 2n ** BigInt(type.bits) - 1n })
    case 'int':
      return fc.bigInt({ min: -(2n ** BigInt(type.bits - 1)), max: 2n ** BigInt(type.bits - 1) - 1n })
    case 'bool':
      return fc.boolean()
    case 'address':
      return hexOf(20)
    case 'function':
      return hexOf(24)
    case 'bytesN':
      return hexOf(type.size)
    case 'bytes':
      return fc.uint8Array({ maxLength: 70 }).map((bytes) => Buffer.from(bytes).toString('hex'))
    case 'string':
      return fc.string({ unit: 'grapheme', maxLength: 40 })
    case 'array':
      return fc.array(valueOf(type.of), { maxLength: 3 })
    case 'fixed':
      return fc.array(valueOf(type.of), { minLength: type.length, maxLength: type.length })
    case 'tuple':
      return fc.tuple(...type.of.map(valueOf))
  }
}

export function parameterOf(type: Shape, name = ''): Parameter {
  switch (type.kind) {
    case 'uint':
    case 'int':
      return { name, type: `${type.kind}${type.bits}` }
    case 'bytesN':
      return { name, type: `bytes${type.size}` }
    case 'array':
    case 'fixed': {
      const inner = parameterOf(type.of, name)
      return { ...inner, type: `${inner.type}[${type.kind === 'fixed' ? type.length : ''}]` }
    }
    case 'tuple':
      return { name, type: 'tuple', components: type.of.map((member, index) => parameterOf(member, `m${index}`)) }
    case 'address':
    case 'bool':
    case 'function':
    case 'bytes':
    case 'string':
      return { name, type: type.kind }
  }
}

/** Hexadecimal without `0x`. */
export function encodeSequence(types: Shape[], values: Value[]): string {
  const heads: (string | undefined)[] = []
  const tails: string[] = []
  for (const [index, type] of types.entries()) {
    const encoded = encode(type, values[index]!)
    heads.push(isDynamic(type) ? undefined : encoded)
    tails.push(isDynamic(type) ? encoded : '')
  }
  const headSize = heads.reduce((size, head) => size + (head === undefined ? 32 : head.length / 2), 0)
  let offset = headSize
  const head = heads.map((part, index) => {
    const text = part ?? word(BigInt(offset))
    offset += tails[index]!.length / 2
    return text
  })
  return head.join('') + tails.join('')
}

export function textOf(type: Shape, value: Value): string {
  switch (type.kind) {
    case 'bytesN':
      return `0x${String(value).padEnd(64, '0')}`
    case 'address':
    case 'function':
    case 'bytes':
      return `0x${String(value)}`
    case 'array':
    case 'fixed':
      return `[${(value as Value[]).map((element) => nestedText(type.of, element)).join(',')}]`
    case 'tuple':
      return `(${(value as Value[]).map((element, index) => nestedText(type.of[index]!, element)).join(',')})`
    case 'uint':
    case 'int':
    case 'bool':
    case 'string':
      return String(value)
  }
}

function nestedText(type: Shape, value: Value): string {
  const isBare = ['uint', 'int', 'bool', 'array', 'fixed', 'tuple'].includes(type.kind)
  return isBare ? textOf(type, value) : `"${textOf(type, value)}"`
}

function encode(type: Shape, value: Value): string {
  switch (type.kind) {
    case 'uint':
      return word(value as bigint)
    case 'int':
      return word((value as bigint) < 0n ? (value as bigint) + 2n ** 256n : (value as bigint))
    case 'bool':
      return word(value === true ? 1n : 0n)
    case 'address':
      return String(value).padStart(64, '0')
    case 'function':
    case 'bytesN':
      return String(value).padEnd(64, '0')
    case 'bytes':
      return encodeBytes(String(value))
    case 'string':
      return encodeBytes(Buffer.from(String(value), 'utf8').toString('hex'))
    case 'array': {
      const elements = value as Value[]
      return (
        word(BigInt(elements.length)) +
        encodeSequence(
          elements.map(() => type.of),
          elements,
        )
      )
    }
    case 'fixed': {
      const elements = value as Value[]
      return encodeSequence(
        elements.map(() => type.of),
        elements,
      )
    }
    case 'tuple':
      return encodeSequence(type.of, value as Value[])
  }
}

export function isDynamic(type: Shape): boolean {
  if (type.kind === 'fixed') return isDynamic(type.of)
  if (type.kind === 'tuple') return type.of.some(isDynamic)
  return ['bytes', 'string', 'array'].includes(type.kind)
}

function encodeBytes(hex: string): string {
  return word(BigInt(hex.length / 2)) + hex.padEnd(Math.ceil(hex.length / 64) * 64, '0')
}

/** One word of 32 bytes, without `0x`. */
export function word(value: bigint): string {
  return value.toString(16).padStart(64, '0')
}

function hexOf(size: number): fc.Arbitrary<string> {
  return fc.uint8Array({ minLength: size, maxLength: size }).map((bytes) => Buffer.from(bytes).toString('hex'))
}
