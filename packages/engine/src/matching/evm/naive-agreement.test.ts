import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MonitorConfig } from '../../config/monitor.ts'
import { block, erc20Abi, hash, logs, monitor, receipts, transferLog } from '../../testing/evm-chain.ts'
import { evaluateNaively, type NaiveMatch } from '../../testing/naive-evaluator.ts'
import { propertySettings } from '../../testing/property-settings.ts'
import { chance, type Draw, draws, pick, repeat } from '../../testing/scene/draw.ts'
import { sceneAddresses } from '../../testing/scene/interfaces.ts'
import { drawScene, type Scene } from '../../testing/scenes.ts'
import type { MonitorInput } from './compiled-monitor.ts'
import { evaluateBlock } from './evaluate-block.ts'
import { explainMatch } from './explain.ts'
import { factsNeeded } from './facts-needed.ts'
import type { EngineMatch } from '../match.ts'
import { compileMonitors, type MonitorIndex } from './monitor-index.ts'

describe('an index of monitors and a reading of the specification by the letter', () => {
  it('find the same matches, monitor by monitor, from no more receipts than the index asked for', () => {
    fc.assert(
      fc.property(draws, (draw) => {
        const scene = drawScene(draw)
        const { matches, failures } = evaluate(compileMonitors('testnet', scene.monitors), scene)
        expect(failures).toEqual([])
        for (const { key, configuration } of scene.monitors) {
          const own = matches.filter((match) => match.key === key).map(withoutItem)
          expect(own).toEqual(naiveMatches(configuration, scene))
        }
      }),
      propertySettings(400),
    )
  })

  it('find the same among very many thresholds and equalities, after some monitors were taken out again', () => {
    fc.assert(
      fc.property(draws, (draw) => {
        const scene = drawThresholds(draw)
        const index = compileMonitors('testnet', scene.monitors)
        const remaining = scene.monitors.filter(({ key }) => !chance(draw, 30) || !index.remove(key))
        const { matches } = evaluate(index, scene)
        for (const { key, configuration } of remaining) {
          const own = matches.filter((match) => match.key === key).map(withoutItem)
          expect(own).toEqual(naiveMatches(configuration, scene))
        }
        expect(matches.filter(({ key }) => !index.has(key))).toEqual([])
      }),
      propertySettings(40),
    )
  })

  it('agree with the explanation on whether a monitor matches a transaction', () => {
    fc.assert(
      fc.property(draws, (draw) => {
        const scene = drawScene(draw)
        for (const { configuration } of scene.monitors) {
          const matched = naiveMatches(configuration, scene).map(({ txHash }) => txHash)
          const explained = [...scene.receipts].filter(([txHash, receipt]) => {
            return explainMatch({ configuration, data: scene.data, txHash, receipt }).matched
          })
          expect(explained.map(([txHash]) => txHash)).toEqual(matched)
        }
      }),
      propertySettings(150),
    )
  })
})

describe('MonitorIndex', () => {
  it('after any changes equals an index compiled afresh from the monitors that remain', () => {
    fc.assert(
      fc.property(draws, (draw) => {
        const scene = drawScene(draw)
        const keys = ['m0', 'm1', 'm2', 'm3']
        const index = compileMonitors('testnet', [])
        const remaining = new Map<string, MonitorInput>()
        for (const { configuration } of repeat(draw, [0, 12], () => pick(draw, scene.monitors))) {
          const key = pick(draw, keys)
          if (chance(draw, 40)) expect(index.remove(key)).toBe(remaining.delete(key))
          else {
            index.set({ key, configuration })
            remaining.set(key, { key, configuration })
          }
        }
        const fresh = compileMonitors('testnet', [...remaining.values()])
        expect(sizesOf(index)).toEqual(sizesOf(fresh))
        expect(factsNeeded(index, scene.data)).toEqual(factsNeeded(fresh, scene.data))
        expect(evaluate(index, scene)).toEqual(evaluate(fresh, scene))
      }),
      propertySettings(300),
    )
  })

  it('is left empty when all monitors are removed, in whatever order', () => {
    fc.assert(
      fc.property(draws, (draw) => {
        const { monitors } = drawScene(draw)
        const index = compileMonitors('testnet', monitors)
        const first = pick(draw, monitors)
        for (const { key } of [first, ...monitors.toReversed()]) index.remove(key)
        expect(sizesOf(index)).toEqual([0, 0, 0, 0])
      }),
      propertySettings(300),
    )
  })
})

describe('the scenes', () => {
  const groups = ['functions', 'events', 'transactions'] as const

  it('are full of matches through each group, and of conditions that only their expressions decide', () => {
    const counts = new Map<string, number>()
    const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1)
    for (const scene of fc.sample(draws.map(drawScene), { numRuns: 300, seed: 7 })) {
      for (const { configuration } of scene.monitors) {
        const matches = naiveMatches(configuration, scene)
        count(matches.length > 0 ? 'match' : 'no match')
        if (matches.some(({ withReceipt }) => withReceipt)) count('receipt')
        for (const group of groups) {
          const entries = matches.flatMap(({ matchedOn }) => [...matchedOn[group]])
          if (entries.length > 0) count(group)
          if (entries.some(({ expression }) => expression !== null)) count(`${group}: true`)
          if (naiveMatches(withoutExpressions(configuration, group), scene).length > matches.length)
            count(`${group}: false`)
        }
      }
    }
    const shares = [
      'match',
      'no match',
      'receipt',
      ...groups.flatMap((group) => [group, `${group}: true`, `${group}: false`]),
    ]
    // Of some 1 300 monitors.
    expect(shares.filter((what) => (counts.get(what) ?? 0) < 15)).toEqual([])
  })
})

function naiveMatches(configuration: MonitorConfig, { data, receipts }: Scene): NaiveMatch[] {
  return evaluateNaively(configuration, { ...data, receipts })
}

function evaluate(index: MonitorIndex, { data, receipts }: Scene) {
  const { receiptHashes } = factsNeeded(index, data)
  const asked = new Map([...receipts].filter(([txHash]) => receiptHashes.includes(txHash)))
  return evaluateBlock(index, data, { receipts: asked })
}

function withoutItem({ key: _key, item: _item, ...match }: EngineMatch): NaiveMatch {
  return match
}

function sizesOf(index: MonitorIndex): number[] {
  return [index.size, index.addresses(), index.abis(), index.expressions()]
}

type Group = 'functions' | 'events' | 'transactions'

function withoutExpressions(configuration: MonitorConfig, group: Group): MonitorConfig {
  const conditions = configuration.match_conditions
  const bare = conditions[group].map((condition) => ({ ...condition, expression: null }))
  return { ...configuration, match_conditions: { ...conditions, [group]: bare } }
}

/** Far more than a list of bounds keeps unsorted, many of them equal. */
function drawThresholds(draw: Draw): Scene {
  const [token = ''] = sceneAddresses
  const drawOne = () => {
    const operator = pick(draw, ['>', '>', '<=', '<', '>=', '=='])
    const value = `${pick(draw, ['0', '0x'])}${draw(9)}`
    return `value ${operator} ${value}`
  }
  const monitors = repeat(draw, [60, 220], (index) => {
    const expression = pick(draw, [
      drawOne,
      drawOne,
      () => `${drawOne()} OR ${drawOne()}`,
      () => `${drawOne()} AND ${drawOne()}`,
    ])()
    const onEvent = { events: [{ signature: 'Transfer(address,address,uint256)', expression }] }
    const conditions = chance(draw, 80) ? onEvent : { transactions: [{ status: 'Any' as const, expression }] }
    return { key: `m${index}`, configuration: monitor([{ address: token, contract_spec: erc20Abi }], conditions) }
  })
  const value = BigInt(draw(10))
  const [D1, D2] = [hash(1), hash(2)]
  const transactions = [{ hash: D1 }, { hash: D2, to: token, value: `0x${value.toString(16)}` }]
  const data = { block: block(transactions), logs: logs(transferLog({ token, transactionHash: D1, value })) }
  return { monitors, data, receipts: receipts({ [D1]: '0x1', [D2]: '0x0' }) }
}
