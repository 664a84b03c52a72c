/** The text is not acceptable JSON: `message` says what was expected, `position` is the offset in UTF-16 units. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError'
  readonly position: number | undefined

  constructor(message: string, { position, cause }: { position?: number; cause?: unknown } = {}) {
    super(message, cause === undefined ? {} : { cause })
    this.position = position
  }
}
