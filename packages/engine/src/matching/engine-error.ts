/** `missing_fact`: a receipt asked for is absent. `unknown_transaction`: the block does not have it. */
export type EngineErrorCode = 'missing_fact' | 'unknown_transaction'

/** The engine refuses to go on, because any result would be wrong. */
export class EngineError extends Error {
  override readonly name = 'EngineError'
  readonly code: EngineErrorCode

  constructor(code: EngineErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
