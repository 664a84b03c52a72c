const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
const CUSTOM_SECTION = 0

/**
 * The content of the first custom section of a name in a WebAssembly module. Undefined when there is none, or the bytes
 * are no module as far as that must be read: nothing is allocated or trusted that the bytes do not hold.
 */
export function findCustomSection(module: Uint8Array, name: string): Uint8Array | undefined {
  if (!MAGIC.every((byte, index) => module[index] === byte)) return undefined
  const reader = { bytes: module, position: MAGIC.length }
  while (reader.position < module.length) {
    const id = module[reader.position]
    reader.position += 1
    const section = takeSized(reader)
    if (section === undefined) return undefined
    if (id !== CUSTOM_SECTION) continue
    const inner = { bytes: section, position: 0 }
    const label = takeSized(inner)
    if (label === undefined) return undefined
    if (Buffer.from(label).toString('utf8') === name) return section.subarray(inner.position)
  }
  return undefined
}

type Reader = { bytes: Uint8Array; position: number }

/** As many bytes as the number before them says. */
function takeSized(reader: Reader): Uint8Array | undefined {
  const length = takeNumber(reader)
  if (length === undefined || length > reader.bytes.length - reader.position) return undefined
  const start = reader.position
  reader.position += length
  return reader.bytes.subarray(start, reader.position)
}

const NUMBER_LENGTH_MAX = 5

/** An unsigned integer of 32 bits in LEB128. */
function takeNumber(reader: Reader): number | undefined {
  let value = 0
  for (let index = 0; index < NUMBER_LENGTH_MAX; index += 1) {
    const byte = reader.bytes[reader.position]
    if (byte === undefined) return undefined
    reader.position += 1
    value += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return value
  }
  return undefined
}
