import { describe, expect, it } from 'vitest'
import type { HttpPost } from './http-post.ts'
import { RpcError } from './rpc-error.ts'
import { createRpcPool } from './rpc-pool.ts'
import { down, parseText, result, rpcError, scriptedPool, up, urlOf } from './testing/scripted-nodes.ts'

describe('order of endpoints', () => {
  it('asks the highest weight first, equal weights in the order given, and never weight 0', async () => {
    const { pool, takeCalls } = scriptedPool(
      { off: up, light: down, heavy: down, alsoheavy: down },
      { weights: { off: 0, light: 1, heavy: 5, alsoheavy: 5 } },
    )
    await expect(pool.call('m', [], parseText)).rejects.toThrow(RpcError)
    expect(takeCalls()).toEqual(['heavy:m', 'alsoheavy:m', 'light:m'])
  })

  it('fails over to the next endpoint when an answer is null or is refused by parse', async () => {
    const { pool, outcomes } = scriptedPool({ a: () => result(null), b: () => result(1), c: up })
    await expect(pool.call('m', [], parseText)).resolves.toBe('c')
    expect(outcomes).toEqual([
      ['m', 'null_result'],
      ['m', 'invalid_response'],
      ['m', 'ok'],
    ])
  })

  it('accepts a null that parse accepts', async () => {
    const { pool } = scriptedPool({ a: () => result(null) })
    await expect(pool.call('m', [], (answer) => answer)).resolves.toBeNull()
  })

  it('puts a failed endpoint to the back and returns to it after 1 s, 2 s, … at most 60 s', async () => {
    const { pool, takeCalls, clock } = scriptedPool({ a: down, b: up })
    for (const restMs of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
      await pool.call('m', [], parseText)
      expect(takeCalls()).toEqual(['a:m', 'b:m'])
      clock.ms += restMs - 1
      await pool.call('m', [], parseText)
      expect(takeCalls()).toEqual(['b:m'])
      clock.ms += 1
    }
  })

  it('forgets earlier failures of an endpoint that works again', async () => {
    let isDown = true
    const { pool, takeCalls, clock } = scriptedPool({ a: (request) => (isDown ? down : up)(request), b: up })
    await pool.call('m', [], parseText)
    clock.ms += 1_000
    isDown = false
    await expect(pool.call('m', [], parseText)).resolves.toBe('a')
    isDown = true
    await pool.call('m', [], parseText)
    clock.ms += 1_000
    takeCalls()
    await pool.call('m', [], parseText)
    expect(takeCalls()).toEqual(['a:m', 'b:m'])
  })

  it('counts failures at the same time as one', async () => {
    const { pool, takeCalls, clock } = scriptedPool({ a: down, b: up })
    await Promise.all([1, 2, 3].map(() => pool.call('m', [], parseText)))
    takeCalls()
    clock.ms += 1_000
    await pool.call('m', [], parseText)
    expect(takeCalls()).toEqual(['a:m', 'b:m'])
  })

  it('asks each endpoint once per call, also when all are in their back-off, and throws what the first one did', async () => {
    const { pool, takeCalls } = scriptedPool({ a: () => rpcError(-32000), b: down })
    for (const _ of [1, 2, 3]) {
      await expect(pool.call('m', [], parseText)).rejects.toMatchObject({ code: 'rpc_error', rpcCode: -32000 })
      expect(takeCalls()).toEqual(['a:m', 'b:m'])
    }
  })

  it('throws the failure of the highest weight even when another endpoint was asked first', async () => {
    let isUp = true
    const { pool, takeCalls } = scriptedPool({ a: () => rpcError(-32000), b: (request) => (isUp ? up : down)(request) })
    await pool.call('m', [], parseText)
    takeCalls()
    isUp = false
    await expect(pool.call('m', [], parseText)).rejects.toMatchObject({ code: 'rpc_error' })
    expect(takeCalls()).toEqual(['b:m', 'a:m'])
  })

  it.each([{}, { a: up }])('refuses a call when there is no usable endpoint', async (nodes) => {
    const { pool } = scriptedPool(nodes, { weights: { a: 0 } })
    await expect(pool.call('m', [], parseText)).rejects.toMatchObject({ code: 'no_endpoints', rpcMethod: 'm' })
  })

  it('lets a fault of the caller through without trying elsewhere', async () => {
    const { pool, takeCalls } = scriptedPool({ a: up, b: up })
    const fault = new TypeError('a bug')
    const parse = () => {
      throw fault
    }
    await expect(pool.call('m', [], parse)).rejects.toBe(fault)
    await pool.call('m', [], parseText)
    expect(takeCalls()).toEqual(['a:m', 'a:m'])
  })
})

it('sends a JSON-RPC 2.0 request with a new id each time and the limits of the pool', async () => {
  const sent: Parameters<HttpPost>[0][] = []
  const post: HttpPost = async (request) => {
    sent.push(request)
    return { status: 200, headers: {}, body: `{"id":${sent.length},"result":"x"}` }
  }
  const endpoints = [{ url: urlOf('a'), weight: 1 }]
  const pool = createRpcPool({ endpoints, post, now: () => 0 })
  await pool.call('m', ['0x1', true], parseText)
  await pool.call('m', [2n ** 70n], parseText)
  expect(sent[0]).toEqual({
    url: urlOf('a'),
    headers: { 'content-type': 'application/json' },
    body: '{"jsonrpc":"2.0","id":1,"method":"m","params":["0x1",true]}',
    timeoutMs: 10_000,
    maxBodyBytes: 33_554_432,
    signal: undefined,
  })
  expect(sent[1]?.body).toBe('{"jsonrpc":"2.0","id":2,"method":"m","params":[1180591620717411303424]}')
})

describe('a pinned pool', () => {
  it('asks one endpoint for everything, the first that answers, and fails when that one does', async () => {
    let isDown = false
    const { pool, takeCalls } = scriptedPool(
      { a: down, b: (request) => (isDown ? down : up)(request), c: up },
      { weights: { a: 3, b: 2, c: 1 } },
    )
    const pinned = pool.pinned()
    await expect(pinned.call('m', [], parseText)).resolves.toBe('b')
    await pinned.call('m', [], parseText)
    expect(takeCalls()).toEqual(['a:m', 'b:m', 'b:m'])
    isDown = true
    await expect(pinned.call('m', [], parseText)).rejects.toMatchObject({ code: 'unreachable' })
    expect(takeCalls()).toEqual(['b:m'])
    await expect(pool.call('m', [], parseText)).resolves.toBe('c')
    await expect(pool.pinned().call('m', [], parseText)).resolves.toBe('c')
  })
})

describe('work with one endpoint', () => {
  it('asks that one for everything, and starts again with the next one when it fails or contradicts itself', async () => {
    const { pool, takeCalls } = scriptedPool({
      a: ({ method }) => (method === 'second' ? rpcError(-32000) : result('a')),
      b: up,
      c: up,
    })
    const work = pool.withOneEndpoint(async (call) => {
      const first = await call('first', [], parseText)
      const second = await call('second', undefined, parseText)
      if (first === 'b') throw new RpcError('inconsistent_block', 'second')
      return [first, second]
    })
    await expect(work).resolves.toEqual(['c', 'c'])
    expect(takeCalls()).toEqual(['a:first', 'a:second', 'b:first', 'b:second', 'c:first', 'c:second'])
    await pool.call('m', [], parseText)
    expect(takeCalls()).toEqual(['c:m'])
  })

  it('ends with a fault of the caller, and with the signal', async () => {
    const { pool, takeCalls } = scriptedPool({ a: up, b: up })
    const fault = new TypeError('a bug')
    await expect(pool.withOneEndpoint(() => Promise.reject(fault))).rejects.toBe(fault)
    const controller = new AbortController()
    const work = pool.withOneEndpoint(
      async (call) => {
        await call('first', [], parseText)
        controller.abort()
        return call('second', [], parseText)
      },
      { signal: controller.signal },
    )
    await expect(work).rejects.toMatchObject({ code: 'aborted' })
    expect(takeCalls()).toEqual(['a:first'])
  })

  it('is refused when there is no usable endpoint', async () => {
    const { pool } = scriptedPool({})
    await expect(pool.withOneEndpoint((call) => call('m', [], parseText))).rejects.toMatchObject({
      code: 'no_endpoints',
    })
  })
})
