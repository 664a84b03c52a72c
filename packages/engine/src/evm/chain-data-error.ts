/** What a chain node answered is not what the protocol promises. `pointer` (RFC 6901) says where. */
export class ChainDataError extends Error {
  override readonly name = 'ChainDataError'
  readonly pointer: string

  constructor(pointer: string, message: string) {
    super(message)
    this.pointer = pointer
  }
}
