import type { StellarType } from '../config/stellar-spec.ts'

/**
 * How the types of a spec are spelled in signatures. `oz` is OZ Monitor's (spec/05 §5.5), where what it cannot match is
 * `Void`. `spec` names everything: `Option<T>`, `Result<T,E>`, `Val`, `Error`, `MuxedAddress`. `address` differs from that
 * in `Address` for a muxed address, for that is what such a parameter is called in SEP-41 and by most people.
 */
export type Spelling = 'oz' | 'spec' | 'address'

/** The type as it stands in a signature, without blanks. */
export function spellType(type: StellarType, spelling: Spelling): string {
  if (typeof type === 'string') return spellName(type, spelling)
  const spell = (inner: StellarType) => spellType(inner, spelling)
  if (type.vec) return `Vec<${spell(type.vec.element_type)}>`
  if (type.map) return `Map<${spell(type.map.key_type)},${spell(type.map.value_type)}>`
  if (type.tuple) return `Tuple<${type.tuple.value_types.map(spell).join(',')}>`
  if (type.bytes_n) return `Bytes${type.bytes_n.n}`
  if (type.udt) return type.udt.name
  if (spelling === 'oz') return 'Void'
  if (type.option) return `Option<${spell(type.option.value_type)}>`
  if (type.result) return `Result<${spell(type.result.ok_type)},${spell(type.result.error_type)}>`
  return 'Val'
}

function spellName(name: Extract<StellarType, string>, spelling: Spelling): string {
  if (spelling === 'oz' && ozUnknown.has(name)) return 'Void'
  if (name === 'muxed_address') return spelling === 'spec' ? 'MuxedAddress' : 'Address'
  return capitalise(name)
}

const ozUnknown: ReadonlySet<string> = new Set(['val', 'error', 'muxed_address'])

function capitalise(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}
