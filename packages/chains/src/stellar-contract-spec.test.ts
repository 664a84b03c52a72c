import { contractCodeKey, contractInstanceKey, encodeXdr, type JsonValue, XdrError } from '@smt/engine'
import { describe, expect, it } from 'vitest'
import { hex, networkOf } from './testing/ledger-answers.ts'
import { down, type Node, result } from './testing/scripted-nodes.ts'

const contract = 'CAIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRDB3V'
const hash = hex(0xc0de)
const emptyModule = '0061736d01000000'
/** A custom section with the name of the spec's and this content, of less than 100 bytes together. */
const section = (content: string) =>
  `${emptyModule}00${(15 + content.length / 2).toString(16).padStart(2, '0')}0e${Buffer.from('contractspecv0').toString('hex')}${content}`

const instance = (executable: JsonValue, key: JsonValue = 'ledger_key_contract_instance') => ({
  key: contractInstanceKey(contract),
  xdr: encodeXdr('LedgerEntryData', {
    contract_data: {
      ext: 'v0',
      contract,
      key,
      durability: 'persistent',
      val: { contract_instance: { executable, storage: null } },
    },
  }),
})
const code = (bytes: string) => ({
  key: contractCodeKey(hash),
  xdr: encodeXdr('LedgerEntryData', { contract_code: { ext: 'v0', hash, code: bytes } }),
})

/** A node that answers these lists of entries, one after another. */
function entriesNode(...answers: unknown[]): Node {
  const left = [...answers]
  return () => result({ entries: left.shift(), latestLedger: 200 })
}

const wasm = [instance({ wasm: hash })]

describe('the spec of a contract', () => {
  it('is asked for by the keys of its instance and of its code', async () => {
    const { chain, requests } = networkOf(entriesNode(wasm, [code(emptyModule)]))
    await expect(chain.contractSpec(contract)).resolves.toBeNull()
    expect(requests.map(({ method, params }) => [method, params])).toEqual([
      ['getLedgerEntries', { keys: [contractInstanceKey(contract)], xdrFormat: 'base64' }],
      ['getLedgerEntries', { keys: [contractCodeKey(hash)], xdrFormat: 'base64' }],
    ])
  })

  it.each<[string, unknown[]]>([
    ['no instance', [[]]],
    ['no instance, written as null', [null]],
    ['an asset', [[instance('stellar_asset')]]],
    ['no code', [wasm, []]],
    ['an empty spec', [wasm, [code(section(''))]]],
  ])('is null or empty when there is %s', async (_, answers) => {
    const spec = await networkOf(entriesNode(...answers)).chain.contractSpec(contract)
    expect(spec ?? []).toEqual([])
  })

  it.each<[string, string, unknown[]]>([
    ['invalid_response', 'no list', [{}]],
    ['invalid_response', 'an entry that is none', [[null]]],
    ['invalid_response', 'no XDR', [[{ key: contractInstanceKey(contract) }]]],
    ['inconsistent_block', 'another entry', [[code(emptyModule)]]],
  ])('throws %s for %s, unless another endpoint is sound', async (expected, _, answers) => {
    await expect(networkOf(entriesNode(...answers)).chain.contractSpec(contract)).rejects.toMatchObject({
      code: expected,
    })
    const { chain } = networkOf(entriesNode(...answers), entriesNode(wasm, [code(emptyModule)]))
    await expect(chain.contractSpec(contract)).resolves.toBeNull()
  })

  const foreign: [string, unknown[]][] = [
    ['XDR that is none', [[{ xdr: 'AAAA' }]]],
    ['code instead of an instance', [[{ xdr: code(emptyModule).xdr }]]],
    ['an instance instead of code', [wasm, [{ xdr: wasm[0]?.xdr }]]],
  ]

  it.each(foreign)(
    'is asked of another endpoint when one has %s, and is unreadable when all have',
    async (_, answers) => {
      const { chain } = networkOf(entriesNode(...answers), entriesNode(wasm, [code(emptyModule)]))
      await expect(chain.contractSpec(contract)).resolves.toBeNull()
      const alone = networkOf(entriesNode(...answers), entriesNode(...answers))
      await expect(alone.chain.contractSpec(contract)).rejects.toBeInstanceOf(XdrError)
      const unsure = networkOf(down, entriesNode(...answers))
      await expect(unsure.chain.contractSpec(contract)).rejects.toMatchObject({ code: 'unreachable' })
    },
  )

  it('that cannot be read is no fault of the node: no other endpoint is asked', async () => {
    const { chain, takeCalls } = networkOf(entriesNode(wasm, [code(section('ffffffff'))]), entriesNode())
    await expect(chain.contractSpec(contract)).rejects.toBeInstanceOf(XdrError)
    expect(takeCalls()).toEqual(['n0:getLedgerEntries', 'n0:getLedgerEntries'])
  })

  it('is null without a request for what is no contract', async () => {
    const { chain, takeCalls } = networkOf(entriesNode())
    for (const id of ['', 'x', 'GDVEU3DD4KOFECV66VIHWEZOYX4ZKR3WV27L464SIIPOU2IUI3JCZA57'])
      await expect(chain.contractSpec(id)).resolves.toBeNull()
    expect(takeCalls()).toEqual([])
  })
})
