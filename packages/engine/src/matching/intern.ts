/** Builds each distinct value once, however many users bring a copy, and forgets it with its last user. */
export type Interner<Input, Value> = {
  acquire(input: Input): Value
  release(value: Value): void
  size(): number
}

/** `contentOf` says what makes two inputs the same. */
export function createInterner<Input, Value extends object>(
  contentOf: (input: Input) => string,
  build: (input: Input) => Value,
): Interner<Input, Value> {
  const byContent = new Map<string, { value: Value; users: number }>()
  const contentByValue = new Map<Value, string>()

  return {
    acquire(input) {
      const content = contentOf(input)
      const known = byContent.get(content)
      if (known) {
        known.users += 1
        return known.value
      }
      const value = build(input)
      byContent.set(content, { value, users: 1 })
      contentByValue.set(value, content)
      return value
    },
    release(value) {
      const content = contentByValue.get(value)
      const entry = content === undefined ? undefined : byContent.get(content)
      if (content === undefined || entry === undefined) return
      entry.users -= 1
      if (entry.users > 0) return
      byContent.delete(content)
      contentByValue.delete(value)
    },
    size: () => byContent.size,
  }
}
