import { beforeAll, describe, expect, it } from 'vitest'
import type { MonitorConfig } from '../../config/monitor.ts'
import type { EvmLog } from '../../evm/log.ts'
import { isUpstreamMissing } from '../../testing/upstream-fixture.ts'
import {
  evaluateUpstream,
  callArguments,
  eventArguments,
  noMatch,
  transferCall,
  transferEvent,
  txTuple,
  txUsdc,
  usdc,
  readUpstreamEvm,
  type Upstream,
} from '../../testing/upstream-evm.ts'
import { matchVariables } from '../../template/match-variables.ts'

type Conditions = Partial<MonitorConfig['match_conditions']>
type Data = { block?: number; logs?: EvmLog[]; monitor?: MonitorConfig }

/** The tests of EXPECTED.md by its numbers. Each ABI is the monitor's own, which upstream's calls need not be. */
describe.skipIf(isUpstreamMissing)(
  'upstream data, continued (skipped where ../shared/spec/fixtures is missing)',
  () => {
    let upstream: Upstream
    beforeAll(() => {
      upstream = readUpstreamEvm()
    })

    /** The block, its logs and the monitor are monitor.json on block 0 without logs unless told. */
    function evaluate(
      conditions: Conditions | undefined,
      { block = 0, logs = [], monitor = upstream.usdcMonitor }: Data = {},
    ) {
      const given = conditions === undefined ? {} : { conditions }
      const { failures, ...outcome } = evaluateUpstream(upstream, { monitor, block, logs, ...given })
      expect(failures).toEqual([])
      return outcome
    }

    it('test 11: an argument called signature does not hide the signature', () => {
      const [object] = evaluate({ transactions: [{ status: 'Success' }] }, { block: 0 }).objects
      const signature = 'dangerousFunc(bytes32 signature, uint256 value)'
      const args = [
        { name: 'signature', value: '0xabcdef1234567890', indexed: false, kind: 'bytes32' },
        { name: 'value', value: '123456789', indexed: false, kind: 'uint256' },
      ]
      const variables = matchVariables({
        EVM: {
          ...object!,
          matched_on: { ...noMatch, functions: [{ signature, expression: null }] },
          matched_on_args: { functions: [{ signature, args, hex_signature: '0xabcdef12' }], events: null },
        },
      })
      expect(Object.fromEntries(variables)).toMatchObject({
        'functions.0.signature': signature,
        'functions.0.args.signature': '0xabcdef1234567890',
        'functions.0.args.value': '123456789',
        'transaction.hash': txUsdc,
        'monitor.name': 'Mint USDC Token',
      })
    })

    it('test 12: two events of the same signature keep their own arguments', () => {
      const [object] = evaluate({ events: [transferEvent] }, { block: 0, logs: upstream.usdcLogs }).objects
      const rows = [
        ['0xaaaa', '0xbbbb', '1000'],
        ['0xcccc', '0xdddd', '2000'],
      ]
      const entries = rows.map((row) => ({
        ...eventArguments,
        args: eventArguments.args.map((argument, index) => ({ ...argument, value: row[index]! })),
      }))
      const variables = matchVariables({
        EVM: {
          ...object!,
          matched_on: { ...noMatch, events: [transferEvent, transferEvent] },
          matched_on_args: { functions: null, events: entries },
        },
      })
      for (const [index, [from, to, value]] of rows.entries()) {
        expect(variables.get(`events.${index}.signature`)).toBe(transferEvent.signature)
        expect(['from', 'to', 'value'].map((name) => variables.get(`events.${index}.args.${name}`))).toEqual([
          from,
          to,
          value,
        ])
      }
    })

    it('test 13: an expression on gas_used shows receipt and logs', () => {
      const transactions = [{ status: 'Any' as const, expression: 'gas_used > 0' }]
      const conditions = { events: [transferEvent], functions: [transferCall], transactions }
      const { txHashes, objects } = evaluate(conditions, { block: 0, logs: upstream.usdcLogs })
      expect(txHashes).toEqual([txUsdc])
      expect(objects[0]?.receipt).toMatchObject({ transactionHash: txUsdc, status: '0x1', gasUsed: '0xf340' })
      expect(objects[0]?.logs).toHaveLength(1)
      expect(objects[0]?.matched_on.transactions).toEqual([{ status: 'Success', expression: 'gas_used > 0' }])
      expect(objects[0]?.matched_on_args).toEqual({ functions: [callArguments('a9059cbb')], events: [eventArguments] })
    })

    it('test 14: without that condition logs are shown and the receipt is not', () => {
      const conditions = { events: [transferEvent], functions: [transferCall] }
      const { receiptHashes, objects } = evaluate(conditions, { block: 0, logs: upstream.usdcLogs })
      expect([receiptHashes, objects.length]).toEqual([[], 1])
      expect(objects[0]?.receipt).toBeNull()
      expect(objects[0]?.logs).toHaveLength(1)
      expect(objects[0]?.matched_on).toEqual({ ...noMatch, events: [transferEvent], functions: [transferCall] })
      expect(objects[0]?.matched_on_args).toEqual({ functions: [callArguments('a9059cbb')], events: [eventArguments] })
    })

    it('test 15: in a block without logs a condition on the status shows the receipt', () => {
      const conditions = { functions: [transferCall], transactions: [{ status: 'Success' as const }] }
      const { receiptHashes, objects } = evaluate(conditions, { block: 0 })
      expect([receiptHashes, objects.length]).toEqual([[txUsdc], 1])
      expect(objects[0]).toMatchObject({
        receipt: { transactionHash: txUsdc, status: '0x1', gasUsed: '0xf340' },
        logs: [],
      })
      expect(objects[0]?.matched_on).toEqual({
        functions: [transferCall],
        events: [],
        transactions: [{ status: 'Success', expression: null }],
      })
      expect(objects[0]?.matched_on_args).toEqual({ functions: [callArguments('a9059cbb')], events: null })
    })

    const tupleSignature = 'inputNestedStruct((bool,string,string,uint256,address,string[],(string,uint256)))'
    const tupleText =
      '(true,"The Book Title","Author Name",123,"0x1234567890abcdef1234567890abcdef12345678",["fiction","bestseller"],("The Sequel",321))'

    it.each([`nestedStruct contains 'The Book Title'`, `nestedStruct == '${tupleText}'`])(
      'tests 16 and 17: a struct argument matches %s',
      (expression) => {
        const functions = [{ signature: tupleSignature, expression }]
        const { txHashes, objects } = evaluate({ functions }, { block: 4, monitor: upstream.tupleMonitor })
        expect(txHashes).toEqual([txTuple])
        expect(objects[0]).toMatchObject({ receipt: null, logs: [], matched_on: { ...noMatch, functions } })
        const args = [{ name: 'nestedStruct', value: tupleText, indexed: false, kind: 'tuple' }]
        expect(objects[0]?.matched_on_args).toEqual({
          functions: [{ signature: tupleSignature, args, hex_signature: '0xf7f0b74b' }],
          events: null,
        })
      },
    )

    it('one-shot execution (§3): the logs of all receipts, and none', () => {
      const allLogs = [...upstream.receipts.values()].flatMap(({ logs }) => logs)
      expect(allLogs).toHaveLength(7)
      const busy = evaluate(undefined, { block: 0, logs: allLogs })
      expect(busy.txHashes).toEqual([txUsdc])
      expect(busy.objects[0]).toMatchObject({ receipt: null, matched_on_args: { events: [eventArguments] } })
      expect(busy.objects[0]?.matched_on_args.functions).toEqual([callArguments('0xa9059cbb')])

      const quiet = evaluate(undefined, { block: 0 })
      expect(quiet.txHashes).toEqual([txUsdc])
      expect(quiet.objects[0]).toMatchObject({
        receipt: { transactionHash: txUsdc },
        matched_on: { events: [], transactions: [{ status: 'Success', expression: 'value >= 0' }] },
        matched_on_args: { functions: [callArguments('0xa9059cbb')], events: null },
      })
    })

    describe('additional vectors (§5)', () => {
      const approve = '0xe04fe4c5e0ebd570ce33d27ac432f2a80effd3a3f5de3f5c6d1b6c3d9b0a8b15'
      const rows = [
        '1 0x0d95e1d1628f43a954b7a64abfbda923201589b288be5dcdac2cba64cbeaa0c4 0x9a8ed6d235ceb6dc699eebc999ae9227818bb627 0xd8608d383ea6836b81d5646f686b88fab49b8a80 509716296',
        '1 0x368a65c69e3125fcde3012cb3578d1ab9958a2be2a537a8cd9d5bf958f95fa4a 0xbcb40ce46f8c9875628a0e876c1036d641c50664 0x156634f00518c39b2ab979ca10df48be69bc18b6 260000000',
        '1 0x7f60da0ab70f04857f18e524d3db29eaf95911b0de3b9f2fdea94abcc50ae4cf 0xa675e7fd85e538b95dfb988487ff1d04ce73d52c 0xa9d1e08c7793af67e9d92fe308d5697fb81d3e43 50193491390',
        '1 0xf1309e5334ba73cf281c676a047b212b72d7822b71bf51fc94ada15fb5295403 0xa299c04eb002e667bcb6c0d38a024eb5022a5e1a 0xee7988dfc4fb1b745603e7948e92fd36e940be46 50300000',
        '1 0x8327591328bc7adee69a479409ef2ea8f561e651c9d7e97f89cae12a10da4916 0x7cb027917b27bcb5963c548657a008bf45b25bdc 0xaba3f23d4ae47e225c15f27e7001fb2bfb95f05e 46950000',
        '2 0x9d6e5ac49165c6403c6157f1f52e5b3592ef3382d55ef88e527bd26e23163a89 0xf423d9c1ffeb6386639d024f3b241dab2331b635 0x7eb6c83ab7d8d9b8618c0ed973cbef71d1921ef2 8181710000',
        '2 0x69f65efe0f76bd7a8b8c353e34753f933ae0b1c2f4560e71441e427652028715 0x2d797792d9a05a2bffd9c1b62ba11b0af2de7b49 0x7eb6c83ab7d8d9b8618c0ed973cbef71d1921ef2 300071417',
      ].map((row) => row.split(' '))

      it.each([1, 2])('every transfer of block %i matches, and the approval does not', (block) => {
        const expected = rows.filter(([number]) => number === String(block))
        const { txHashes, receiptHashes, objects } = evaluate(
          { functions: [transferCall] },
          { block, monitor: upstream.smallMonitor },
        )
        expect(receiptHashes).toEqual([])
        const inOrder = upstream.blocks[block]!.transactions.map(({ hash }) => hash)
        expect(txHashes).toEqual(inOrder.filter((hash) => expected.some(([, own]) => own === hash)))
        for (const [, hash, from, to, value] of expected) {
          const object = objects[txHashes.indexOf(hash!)]
          expect(object).toMatchObject({ receipt: null, logs: [], transaction: { hash, from, to: usdc } })
          expect(object?.matched_on_args).toEqual({ functions: [callArguments('a9059cbb', to, value)], events: null })
        }
        expect(txHashes).not.toContain(approve)
      })

      it('all six calls of block 1 match on the transaction alone, the approval too', () => {
        // Upstream has no receipts of this block; a successful one stands in for each.
        const success = upstream.receipts.get(txUsdc)!
        const receipts = new Map(upstream.blocks[1]!.transactions.map(({ hash }) => [hash, success]))
        const { txHashes, objects } = evaluateUpstream(
          { ...upstream, receipts },
          {
            monitor: upstream.smallMonitor,
            conditions: { transactions: [{ status: 'Any', expression: null }] },
            block: 1,
          },
        )
        expect(txHashes).toHaveLength(6)
        expect(txHashes).toContain(approve)
        expect(objects.map((object) => object.matched_on)).toEqual(
          txHashes.map(() => ({ ...noMatch, transactions: [{ status: 'Success', expression: null }] })),
        )
      })
    })
  },
)
