/**
 * A text of a chain node is not the XDR it should be, or is newer than the decoder. The message says what is wrong and
 * never repeats what the node wrote.
 */
export class XdrError extends Error {
  override readonly name = 'XdrError'

  constructor(problem: string, options?: ErrorOptions) {
    super(`The XDR ${problem}.`, options)
  }
}
