import type { MonitorConfig } from '../../config/monitor.ts'
import { monitor } from '../evm-chain.ts'
import { chance, type Draw, pick, repeat } from './draw.ts'
import { drawExpression, type SceneVariable } from './expressions.ts'
import { abiOf, drawValues, hashedTopic, isWord, sceneAddresses, type SceneItem, signatureOf } from './interfaces.ts'

type AddressEntry = MonitorConfig['addresses'][number]
export type World = {
  items: readonly SceneItem[]
  abis: readonly (readonly SceneItem[])[]
  transactionVariables: readonly SceneVariable[]
}

export function drawMonitor(draw: Draw, world: World): MonitorConfig {
  const conditionsOn = (type: SceneItem['type'], isUsed: boolean) =>
    isUsed ? repeat(draw, [1, 3], () => drawCondition(draw, pick(draw, ofType(world.items, type)))) : []
  const groups = pick(draw, [
    'functions',
    'events',
    'transactions',
    'functions events',
    'events transactions',
    'all',
    '',
  ])
  const uses = (group: string) => groups === 'all' || groups.includes(group)
  return monitor(
    repeat(draw, [chance(draw, 5) ? 0 : 1, 3], () => drawEntry(draw, world)),
    {
      functions: conditionsOn('function', uses('functions')),
      events: conditionsOn('event', uses('events')),
      transactions: uses('transactions') ? repeat(draw, [1, 3], () => drawStatus(draw, world)) : [],
    },
  )
}

/** Of both types there is at least one. */
export function ofType(items: readonly SceneItem[], type: SceneItem['type']): SceneItem[] {
  return items.filter((item) => item.type === type)
}

function drawEntry(draw: Draw, { abis }: World): AddressEntry {
  const address = drawAddress(draw)
  const kind = pick(draw, ['abi', 'abi', 'abi', 'abi', 'abi', 'abi', 'null', 'absent', 'other'])
  if (kind === 'absent') return { address }
  if (kind === 'null') return { address, contract_spec: null }
  if (kind === 'other') return { address, contract_spec: otherSpec }
  return { address, contract_spec: abiOf(pick(draw, abis)) }
}

/** A contract of another chain, which has no interface here. */
const otherSpec: NonNullable<AddressEntry['contract_spec']> = [
  { function_v0: { doc: '', name: 'f', inputs: [], outputs: [] } },
]

const noAddresses = ['', '0x', 'all', '0x12', `0X${sceneAddresses[0]?.slice(2) ?? ''}`, ` ${sceneAddresses[0] ?? ''}`]

function drawAddress(draw: Draw): string {
  const address = pick(draw, sceneAddresses)
  const digits = address.slice(2)
  if (chance(draw, 8)) return pick(draw, noAddresses)
  return pick(draw, [
    address,
    address,
    `0x${digits.toUpperCase()}`,
    digits,
    `0x${digits.slice(0, 9)} ${digits.slice(9)}\n`,
  ])
}

type SignatureCondition = MonitorConfig['match_conditions']['events'][number]

function drawCondition(draw: Draw, item: SceneItem): SignatureCondition {
  const canonical = signatureOf(item)
  const signature = chance(draw, 5)
    ? pick(draw, [
        'nothing()',
        '',
        `${canonical} `,
        canonical.replace('(', '(uint,'),
        canonical.replace('uint256', 'uint'),
      ])
    : pick(draw, [canonical, canonical, canonical.replaceAll(',', ' , '), canonical.toUpperCase(), `\t${canonical}`])
  return { signature, ...drawOptional(draw, variablesOf(draw, item)) }
}

function variablesOf(draw: Draw, item: SceneItem): SceneVariable[] {
  const known = drawValues(draw, item)
  const variables = item.inputs.map(({ name, shape, indexed }, index): SceneVariable => {
    const value = known[index] ?? ''
    const isHashed = indexed && !isWord(shape) && chance(draw, 50)
    return isHashed ? { name, shape: { kind: 'string' }, value: hashedTopic } : { name, shape, value }
  })
  const usable = variables.filter(({ name }, index) => {
    return /^[ab]$|../.test(name) && variables.findIndex((other) => other.name === name) === index
  })
  return chance(draw, 5) ? variables : usable
}

function drawStatus(draw: Draw, { transactionVariables }: World) {
  const status = pick(draw, ['Any' as const, 'Success' as const, 'Success' as const, 'Failure' as const])
  return { status, ...drawOptional(draw, transactionVariables) }
}

function drawOptional(draw: Draw, variables: readonly SceneVariable[]): Pick<SignatureCondition, 'expression'> {
  if (chance(draw, 60)) return { expression: drawExpression(draw, variables) }
  return chance(draw, 50) ? { expression: null } : {}
}
