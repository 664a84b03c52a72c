import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createLogger, redactText } from './logger.ts'

function capture(write: (logger: ReturnType<typeof createLogger>) => void): string {
  let text = ''
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString()
      done()
    },
  })
  write(createLogger({ level: 'debug', destination }))
  return text
}

describe('logs', () => {
  it('redacts by key at every depth', () => {
    const text = capture((logger) =>
      logger.info({ password: 'hunter2', nested: { authorization: 'Bearer abc', list: [{ apiKey: 'k-123' }] } }, 'x'),
    )
    for (const secret of ['hunter2', 'Bearer abc', 'k-123']) expect(text).not.toContain(secret)
    expect(text).toContain('[redacted]')
  })

  it('redacts by shape: keys, tokens, sealed values, URLs with paths', () => {
    const key = `smt_${'a'.repeat(71)}`
    const jwt = `eyJhbGciOiJFZDI1NTE5In0.${'b'.repeat(30)}.${'c'.repeat(30)}`
    const text = capture((logger) =>
      logger.warn(
        {
          note: `key ${key} token ${jwt}`,
          node: 'https://rpc.example/v3/0123456789abcdef?x=1',
          db: 'postgres://u:p4ss@db/x',
        },
        'x',
      ),
    )
    for (const secret of [key, jwt, '0123456789abcdef', 'p4ss']) expect(text).not.toContain(secret)
    expect(text).toContain('https://rpc.example/…')
  })

  it('redacts the message and the causes of an error', () => {
    const error = new Error('failed', { cause: new Error('connect postgres://u:p4ss@db/x') })
    const text = capture((logger) => logger.error({ err: error }, 'x'))
    expect(text).not.toContain('p4ss')
    expect(text).toContain('"cause"')
  })

  it('caps long texts and keeps a log entry on one line', () => {
    const text = capture((logger) => logger.info({ body: `a\n${'x'.repeat(10_000)}` }, 'x'))
    expect(text.length).toBeLessThan(3_000)
    expect(text.trimEnd().split('\n')).toHaveLength(1)
  })

  it('leaves an origin alone', () => {
    expect(redactText('see http://127.0.0.1:3000')).toBe('see http://127.0.0.1:3000')
  })
})
