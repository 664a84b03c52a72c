import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { initSync } from '@stellar/stellar-xdr-json'

/** Of the whole process: the package itself keeps the one instance it makes. */
const decoder = { isLoaded: false }

/**
 * Loads the decoder, which is WebAssembly, once: synchronously and from the file of its package, when the first value is
 * decoded. That is the engine's only I/O, and it is code and not data that it reads.
 */
export function loadXdrModule(): void {
  if (decoder.isLoaded) return
  const require = createRequire(import.meta.url)
  initSync(readFileSync(require.resolve('@stellar/stellar-xdr-json/stellar_xdr_json_bg.wasm')))
  decoder.isLoaded = true
}
