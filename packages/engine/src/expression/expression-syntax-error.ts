/** The text is not an expression. `position` is a 0-based offset in UTF-16 units; `hint` says what to write instead. */
export class ExpressionSyntaxError extends Error {
  override readonly name = 'ExpressionSyntaxError'
  readonly position: number
  readonly hint: string | undefined

  constructor(message: string, { position, hint }: { position: number; hint?: string | undefined }) {
    super(message)
    this.position = position
    this.hint = hint
  }
}
