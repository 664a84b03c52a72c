import type { LedgerData } from '../../stellar/ledger-data.ts'

/** How much of a ledger's XDR was decoded and how much never had to be. */
export type ByteCount = {
  /** Of one base64 text; call it once for each. */
  countDecoded(base64: string): void
  result(): { decoded: number; skipped: number }
}

export function createByteCount({ transactions, events }: LedgerData): ByteCount {
  let decoded = 0
  return {
    countDecoded(base64) {
      decoded += byteLength(base64)
    },
    result() {
      let total = 0
      for (const { envelopeXdr, resultXdr, resultMetaXdr, diagnosticEventsXdr } of transactions) {
        total += byteLength(envelopeXdr) + byteLength(resultXdr) + byteLength(resultMetaXdr)
        for (const xdr of diagnosticEventsXdr) total += byteLength(xdr)
      }
      for (const { topics, value } of events) {
        total += byteLength(value)
        for (const topic of topics ?? []) total += byteLength(topic)
      }
      return { decoded, skipped: Math.max(total - decoded, 0) }
    },
  }
}

function byteLength(base64: string | undefined): number {
  return base64 === undefined ? 0 : Math.floor((base64.length * 3) / 4)
}
