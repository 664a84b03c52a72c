/** What is wrong with the node. All off at first; set fields at any time. */
export type StellarFaults = {
  /** Answers at most so many items per page, whatever was asked for. */
  pageLimit: number | undefined
  /** Keeps nothing before this ledger: older ones are answered with the error of the retention window. */
  oldestLedger: number | undefined
  /** Answers as if the last so many ledgers had not closed. */
  lag: number
  /** Takes a needed member from the first item of the answers of this method. */
  malformed: string | undefined
  /** Answers every request with this HTTP status until it is undefined again. */
  httpStatus: number | undefined
  /** Answers so many more requests with HTTP 429 and `retry-after: 0`. */
  tooManyRequests: number
  /** Says it is a node of this network. */
  passphrase: string | undefined
  /** Pages repeat: the cursor answered is always the one of the first page. */
  hasStuckCursor: boolean
  /** Without `inSuccessfulContractCall`, `pagingToken` and `diagnosticEventsXdr`, as nodes announce. */
  dropsDeprecated: boolean
  /** Leaves this ledger out of `getLedgers`. */
  missingLedger: number | undefined
  /** Says that every ledger follows one that nobody has seen. */
  breaksChain: boolean
  /** Gives this transaction an envelope of a protocol to come, which cannot be decoded. */
  undecodableTransaction: string | undefined
  /** Answers this method with a JSON-RPC error. */
  error: { method: string; code: number; message: string } | undefined
}

export function noFaults(): StellarFaults {
  return {
    pageLimit: undefined,
    oldestLedger: undefined,
    lag: 0,
    malformed: undefined,
    httpStatus: undefined,
    tooManyRequests: 0,
    passphrase: undefined,
    hasStuckCursor: false,
    dropsDeprecated: false,
    missingLedger: undefined,
    breaksChain: false,
    undecodableTransaction: undefined,
    error: undefined,
  }
}
