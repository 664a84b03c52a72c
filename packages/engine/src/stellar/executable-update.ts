import { decodeEvent } from './decode-event.ts'
import type { StellarEvent } from './ledger-data.ts'
import type { ScValue } from './sc-value.ts'

/** A contract runs another code from now on. The hashes (hexadecimal) are undefined for what is no WASM. */
export type ExecutableUpdate = { contractId: string; before: string | undefined; after: string | undefined }

/** Reads the system event that the protocol publishes when a contract is upgraded; undefined for every other event. */
export function readExecutableUpdate(event: StellarEvent): ExecutableUpdate | undefined {
  if (event.type !== 'system') return undefined
  const [name, before, after] = decodeEvent(event).topics ?? []
  if (name?.type !== 'Symbol' || name.text !== 'executable_update') return undefined
  return { contractId: event.contractId, before: wasmHashOf(before), after: wasmHashOf(after) }
}

/** An executable is a union: the name of the case and, of a WASM, its hash. */
function wasmHashOf(executable: ScValue | undefined): string | undefined {
  const [, hash] = executable?.type === 'Vec' ? executable.elements : []
  return hash?.type === 'Bytes' ? hash.text : undefined
}
