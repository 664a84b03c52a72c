import type { JsonValue } from '../config/json.ts'
import { type StellarSpec, stellarSpecSchema } from '../config/stellar-spec.ts'
import { encodeBase64 } from './base64.ts'
import { findCustomSection } from './wasm-section.ts'
import { XdrError } from './xdr-error.ts'
import { decodeXdrStream } from './xdr.ts'

const SECTION = 'contractspecv0'

/**
 * The spec that a contract's WASM carries, in the form of the configuration (spec/05 §5.3): XDR-JSON is that form. Null
 * when the module has none.
 *
 * @throws XdrError when there is one that this version cannot read.
 */
export function readContractSpec(wasm: Uint8Array): StellarSpec | null {
  const section = findCustomSection(wasm, SECTION)
  if (section === undefined) return null
  const entries: JsonValue[] = decodeXdrStream('ScSpecEntry', encodeBase64(section))
  const parsed = stellarSpecSchema.safeParse(entries)
  if (!parsed.success) throw new XdrError('is no contract spec of a form that is known', { cause: parsed.error })
  return parsed.data
}
