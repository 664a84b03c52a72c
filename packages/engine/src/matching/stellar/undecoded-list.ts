import type { XdrError } from '../../stellar/xdr-error.ts'
import type { Undecoded } from './ledger-result.ts'

/** Collects what could not be decoded, each part of a transaction once. */
export type UndecodedList = {
  add(txHash: string, part: Undecoded['part'], error: XdrError): void
  list(): Undecoded[]
}

export function createUndecodedList(): UndecodedList {
  const found = new Map<string, Undecoded>()
  return {
    add(txHash, part, { message }) {
      const key = `${part} ${txHash}`
      if (!found.has(key)) found.set(key, { txHash, part, error: message })
    },
    list: () => [...found.values()],
  }
}
