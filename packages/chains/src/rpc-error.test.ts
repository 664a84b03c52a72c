import { ChainDataError } from '@smt/engine'
import { expect, it } from 'vitest'
import { RpcError, type RpcErrorCode } from './rpc-error.ts'
import { rpcError, scriptedPool, secretText, urlOf, type NodeAnswer } from './testing/scripted-nodes.ts'

const http = (status: number, body = `<html>${secretText}</html>`): NodeAnswer => ({ status, body })
const thrown = (tenantCode?: unknown): NodeAnswer => ({
  thrown: Object.assign(new Error(`failed: ${urlOf('a')}`), tenantCode === undefined ? {} : { tenantCode }),
})
const errorBody = (code: number) => `{"jsonrpc":"2.0","id":1,"error":{"code":${code},"message":"${secretText}"}}`
const deep = `{"id":1,"result":${'['.repeat(200)}${']'.repeat(200)}}`

it.each<[RpcErrorCode, string, NodeAnswer]>([
  ['unreachable', 'a refused connection', thrown()],
  ['unreachable', 'an unknown transport failure', thrown('blocked_address')],
  ['unreachable', 'a transport code that is no text', thrown(7)],
  ['timeout', 'a transport time-out', thrown('timeout')],
  ['too_large', 'a body above the limit', thrown('body_too_large')],
  ['http_status', 'status 500', http(500)],
  ['http_status', 'a redirect', http(302, errorBody(-32000))],
  ['http_status', 'a result with status 500', http(500, '{"id":1,"result":"0x1"}')],
  ['http_status', 'an error of another request with status 400', http(400, errorBody(-32000).replace('1', '2'))],
  ['rate_limited', 'status 429', http(429, errorBody(-32000))],
  ['rate_limited', 'JSON-RPC -32005', rpcError(-32005)],
  ['rate_limited', 'JSON-RPC -32005 with status 403', http(403, errorBody(-32005))],
  ['rpc_error', 'a JSON-RPC error', rpcError(-32000)],
  ['rpc_error', 'a JSON-RPC error with status 400', http(400, errorBody(-32601))],
  ['invalid_response', 'a body that is not JSON', http(200)],
  ['invalid_response', 'a key twice', http(200, `{"${secretText}":1,"${secretText}":2}`)],
  ['invalid_response', 'too many levels', http(200, deep)],
  ['invalid_response', 'a list', http(200, '[{"id":1,"result":"0x1"}]')],
  ['invalid_response', 'the id of another request', http(200, '{"id":2,"result":"0x1"}')],
  ['invalid_response', 'no id', http(200, '{"result":"0x1"}')],
  ['invalid_response', 'neither result nor error', http(200, '{"id":1}')],
  ['invalid_response', 'both result and error', http(200, '{"id":1,"result":"0x1","error":{"code":1}}')],
  ['invalid_response', 'an error without a code', http(200, `{"id":1,"error":{"message":"${secretText}"}}`)],
  ['invalid_response', 'an error code with a fraction', rpcError(1.5)],
  ['invalid_response', 'an error code that is text', rpcError(secretText)],
  ['invalid_response', 'an error that is text', { error: secretText }],
  ['invalid_response', 'a result that parse refuses', { result: secretText }],
  ['null_result', 'null', { result: null }],
])('is %s for %s, and its message quotes neither the URL nor the node', async (code, _, answer) => {
  const { pool, outcomes } = scriptedPool({ a: () => answer })
  const refuse = () => {
    throw new ChainDataError('/gas', 'is missing')
  }
  const error: unknown = await pool.call('eth_x', [], refuse).catch((caught: unknown) => caught)
  if (!(error instanceof RpcError)) throw new Error('no RpcError was thrown')
  expect(error).toMatchObject({ code, rpcMethod: 'eth_x' })
  expect(outcomes).toEqual([['eth_x', code]])
  expect(error.message).toMatch(/^eth_x: /)
  expect(`${error.stack} ${JSON.stringify(error)}`).not.toContain(secretText)
  expect(error.message).not.toMatch(/https|example/)
  expect(error.cause).toBeUndefined()
})

it('says the HTTP status, the JSON-RPC code and the place of what was refused', async () => {
  const messageOf = async (answer: NodeAnswer) => {
    const refuse = () => {
      throw new ChainDataError('/gas', 'is missing')
    }
    const { pool } = scriptedPool({ a: () => answer })
    return String(await pool.call('eth_x', [], refuse).catch((error: unknown) => error))
  }
  expect(await messageOf(http(503))).toContain('status 503')
  expect(await messageOf(rpcError(-32000))).toContain('code -32000')
  expect(await messageOf({ result: 1 })).toContain('/gas is missing')
})

it('accepts the id as text', async () => {
  const { pool } = scriptedPool({ a: () => http(200, '{"id":"1","result":18446744073709551617}') })
  await expect(pool.call('m', [], (answer) => answer)).resolves.toBe(18446744073709551617n)
})
