import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MonitorConfig } from '../../config/monitor.ts'
import type { EvmReceipt } from '../../evm/receipt.ts'
import { block, erc20Abi, hash, logs, monitor, receipts, transferLog } from '../../testing/evm-chain.ts'
import { drawHostileData, drawHostileExpression, drawHostileInputs, hostileAbi } from '../../testing/hostile.ts'
import { naiveSignature, naiveTopic } from '../../testing/naive/abi.ts'
import { evaluateNaively } from '../../testing/naive-evaluator.ts'
import { propertySettings } from '../../testing/property-settings.ts'
import { chance, type Draw, draws, repeat } from '../../testing/scene/draw.ts'
import { sceneAddresses } from '../../testing/scene/interfaces.ts'
import { drawScene } from '../../testing/scenes.ts'
import { evaluateBlock } from './evaluate-block.ts'
import { explainMatch } from './explain.ts'
import { factsNeeded } from './facts-needed.ts'
import { compileMonitors } from './monitor-index.ts'

const [token = ''] = sceneAddresses
const [D1, D2] = [hash(1), hash(2)]

/** Three transfers of the token, of which one is in a transaction full of hostile logs. */
const watching = monitor([{ address: token, contract_spec: erc20Abi }], {
  events: [{ signature: 'Transfer(address,address,uint256)', expression: 'value > 1' }],
  transactions: [{ status: 'Success', expression: 'gas_limit > 0' }],
})

describe('evaluation', () => {
  it('never throws and always ends, and what is malformed touches no other monitor', () => {
    fc.assert(
      fc.property(draws, (draw) => {
        const hostile = repeat(draw, [1, 3], () => drawHostileMonitor(draw))
        const data = drawHostileBlock(draw, hostile)
        const facts = receipts({ [D1]: '0x1', [D2]: '0x1' })
        const started = performance.now()
        const monitors = [...hostile.map(({ configuration }) => configuration), watching]
        const index = compileMonitors(
          'testnet',
          monitors.map((configuration, position) => ({ key: `m${position}`, configuration })),
        )
        factsNeeded(index, data)
        const { matches, failures } = evaluateBlock(index, data, { receipts: facts })
        for (const configuration of monitors) explainAll(configuration, data, facts)
        expect(performance.now() - started).toBeLessThan(10_000)
        expect(failures).toEqual([])
        const own = matches.filter(({ key }) => key === `m${monitors.length - 1}`)
        expect(own.map(({ txHash, matchedOn }) => [txHash, matchedOn.events.length])).toEqual([
          [D1, 2],
          [D2, 1],
        ])
      }),
      propertySettings(80),
    )
  })

  it('gives the same matches to monitors whether or not hostile ones are beside them', () => {
    fc.assert(
      fc.property(draws, (draw) => {
        const { monitors, data, receipts: facts } = drawScene(draw)
        const hostile = { key: 'hostile', configuration: drawHostileMonitor(draw).configuration }
        const { matches, failures } = evaluateBlock(compileMonitors('testnet', [hostile, ...monitors]), data, {
          receipts: facts,
        })
        expect(failures).toEqual([])
        for (const { key, configuration } of monitors) {
          const own = matches
            .filter((match) => match.key === key)
            .map(({ txHash, matchedOn }) => ({ txHash, matchedOn }))
          expect(own).toMatchObject(
            evaluateNaively(configuration, { ...data, receipts: facts }).map(({ txHash, matchedOn }) => ({
              txHash,
              matchedOn,
            })),
          )
        }
      }),
      propertySettings(60),
    )
  })

  it('meets hostile data that decodes as well as data that does not', () => {
    const matched = fc.sample(draws, { numRuns: 100, seed: 7 }).map((draw) => {
      const hostile = drawHostileMonitor(draw)
      const data = drawHostileBlock(draw, [hostile])
      const index = compileMonitors('testnet', [{ key: 'hostile', configuration: hostile.configuration }])
      return evaluateBlock(index, data, { receipts: receipts({ [D1]: '0x1', [D2]: '0x1' }) }).matches.length > 0
    })
    expect(matched.filter((isMatch) => isMatch).length).toBeGreaterThan(10)
    expect(matched.filter((isMatch) => !isMatch).length).toBeGreaterThan(10)
  })
})

type Data = ReturnType<typeof drawHostileBlock>

function explainAll(configuration: MonitorConfig, data: Data, facts: ReadonlyMap<string, EvmReceipt>): void {
  for (const [txHash, receipt] of facts) explainMatch({ configuration, data, txHash, receipt })
}

type Hostile = { configuration: MonitorConfig; selector: string; topic0: string; indexed: number }

function drawHostileMonitor(draw: Draw): Hostile {
  const inputs = drawHostileInputs(draw)
  const isIndexed = chance(draw, 30)
  const spec = hostileAbi(inputs, isIndexed)
  const conditions = (name: string) =>
    repeat(draw, [1, 2], () => ({ signature: naiveSignature(name, inputs), expression: drawHostileExpression(draw) }))
  const configuration = monitor([{ address: token, contract_spec: spec }], {
    functions: conditions('h'),
    events: [...conditions('H'), { signature: naiveSignature('H', inputs) }],
    transactions: chance(draw, 30) ? [{ status: 'Any', expression: drawHostileExpression(draw) }] : [],
  })
  const selector = naiveTopic('h', inputs).slice(0, 10)
  return { configuration, selector, topic0: naiveTopic('H', inputs), indexed: isIndexed ? inputs.length : 0 }
}

function drawHostileBlock(draw: Draw, hostile: readonly Hostile[]) {
  const [{ selector } = { selector: '0x' }] = hostile
  const bad = hostile.flatMap(({ topic0, indexed }) =>
    repeat(draw, [1, 3], () => ({
      address: token,
      transactionHash: D1,
      topics: [topic0, ...Array.from({ length: indexed }, (_, position) => hash(position))],
      data: `0x${drawHostileData(draw)}`,
    })),
  )
  const transfer = (transactionHash: string) => transferLog({ token, transactionHash })
  const noTopics = { address: token, transactionHash: D1 }
  const transactions = [{ hash: D1, to: token, input: `${selector}${drawHostileData(draw)}` }, { hash: D2 }]
  return {
    block: block(transactions),
    logs: logs(transfer(D1), ...bad, noTopics, { ...transfer(D1), data: '0x' }, transfer(D1), transfer(D2)),
  }
}
