import { RpcError } from '@smt/chains'
import { XdrError, type StellarSpec } from '@smt/engine'
import { describe, expect, it } from 'vitest'
import { createSpecCache } from './spec-cache.ts'

const spec: StellarSpec = [{ function_v0: { doc: '', name: 'lock', inputs: [], outputs: [] } }]

function start() {
  const script = {
    nowMs: 0,
    asked: [] as string[],
    answer: async (_contractId: string): Promise<StellarSpec | null> => spec,
  }
  const cache = createSpecCache({
    fetch: (contractId) => {
      script.asked.push(contractId)
      return script.answer(contractId)
    },
    now: () => script.nowMs,
  })
  return { script, cache }
}

describe('the specs of contracts', () => {
  it('are fetched once each, however often and by how many they are needed', async () => {
    const { script, cache } = start()
    expect((await cache.get(['CA', 'CB', 'CA'])).specs).toEqual(
      new Map([
        ['CA', spec],
        ['CB', spec],
      ]),
    )
    await cache.get(['CB', 'CA'])
    expect(script.asked).toEqual(['CA', 'CB'])
  })

  it('that do not exist are looked for again soon: the contract may be about to be deployed', async () => {
    const { script, cache } = start()
    script.answer = async () => null
    expect((await cache.get(['CA'])).specs).toEqual(new Map([['CA', null]]))
    script.nowMs = 59_999
    await cache.get(['CA'])
    expect(script.asked).toEqual(['CA'])
    script.nowMs = 60_000
    script.answer = async () => spec
    expect((await cache.get(['CA'])).specs).toEqual(new Map([['CA', spec]]))
  })

  it('that cannot be fetched are an error, and are asked for again', async () => {
    const { script, cache } = start()
    script.answer = () => Promise.reject(new RpcError('timeout', 'getLedgerEntries'))
    await expect(cache.get(['CA'])).rejects.toMatchObject({ code: 'timeout' })
    script.answer = async () => spec
    expect((await cache.get(['CA'])).specs).toEqual(new Map([['CA', spec]]))
  })

  it('are fetched anew after an upgrade, also when they were on their way meanwhile', async () => {
    const { script, cache } = start()
    await cache.get(['CA', 'CB'])
    cache.forget(['CA'])
    await cache.get(['CA', 'CB'])
    expect(script.asked).toEqual(['CA', 'CB', 'CA'])

    cache.forget(['CA'])
    let arrive = (_: StellarSpec | null) => {}
    script.answer = () => new Promise((resolve) => (arrive = resolve))
    const old = cache.get(['CA'])
    cache.forget(['CA'])
    arrive(spec)
    await old
    script.answer = async () => null
    expect((await cache.get(['CA'])).specs).toEqual(new Map([['CA', null]]))
  })

  it('that this version cannot read are told as such, and stop nobody', async () => {
    const { script, cache } = start()
    script.answer = (contractId) =>
      contractId === 'CA' ? Promise.reject(new XdrError('is broken')) : Promise.resolve(spec)
    const expected = {
      specs: new Map([
        ['CA', null],
        ['CB', spec],
      ]),
      unreadable: ['CA'],
    }
    expect(await cache.get(['CA', 'CB'])).toEqual(expected)
    expect(await cache.get(['CA', 'CB'])).toEqual(expected)
    expect(script.asked).toEqual(['CA', 'CB'])
  })
})
