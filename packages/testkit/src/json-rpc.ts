/** Calls a JSON-RPC method and returns its result; throws on every other answer. */
export type JsonRpc = (method: string, params: unknown[] | Record<string, unknown>) => Promise<unknown>

export function createJsonRpc(url: string): JsonRpc {
  let id = 0
  return async (method, params) => {
    id += 1
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id, method, params }),
    })
    const answer: unknown = await response.json()
    if (typeof answer !== 'object' || answer === null) throw new Error(`${method} answered no object`)
    if ('error' in answer && answer.error !== undefined)
      throw new Error(`${method} failed: ${JSON.stringify(answer.error)}`)
    if (!('result' in answer)) throw new Error(`${method} answered no result`)
    return answer.result
  }
}
