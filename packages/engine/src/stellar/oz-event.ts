import type { MatchArgument } from '../evm/argument-decoder.ts'
import type { ContractInterface, SpecEvent } from './contract-interface.ts'
import type { DecodedEvent } from './decode-event.ts'
import { ozDisplayOf, ozTypeOf } from './oz-value.ts'
import type { Reading } from './reading.ts'
import type { ScValue } from './sc-value.ts'

/** The event as OZ Monitor reads it (spec/05 §9.1); undefined where it skips the event. */
export function readOzEvent(event: DecodedEvent, contract: ContractInterface | undefined): Reading | undefined {
  const { ozNames, topics, data } = event
  const [firstName] = ozNames
  if (topics === undefined || firstName === undefined || data === undefined) return undefined
  const spec = contract?.events.find((candidate) => isNamed(candidate, ozNames))
  const skipped = spec ? spec.prefixTopics.length : 1
  const indexed = topics.slice(skipped).filter((topic) => topic !== undefined)
  const parameters = data === 'absent' ? [] : readData(data, spec)
  if (parameters === undefined) return undefined
  const all = [...indexed.map((value) => ({ value, name: undefined, isTopic: true })), ...parameters]
  const args = all.map(({ value, name, isTopic }, position): MatchArgument => {
    const positional = spec?.parameters[position]?.name ?? String(position)
    return { name: name ?? positional, value: ozDisplayOf(value), kind: ozTypeOf(value), indexed: isTopic }
  })
  const signature = `${spec?.name ?? firstName}(${args.map(({ kind }) => kind).join(',')})`
  return { dialect: 'oz', signature, args }
}

type OzParameter = { value: ScValue; name: string | undefined; isTopic: false }

/** Without prefix topics the event's name is looked for as the first topic, contrary to SEP-48 (quirk Q12). */
function isNamed({ name, prefixTopics }: SpecEvent, names: readonly string[]): boolean {
  if (prefixTopics.length === 0) return names[0] === name
  return prefixTopics.every((prefix, index) => names[index] === prefix)
}

/** Undefined when nothing comes out, and the event is skipped then. The format of the data is not looked at (quirk Q10). */
function readData(value: ScValue, spec: SpecEvent | undefined): OzParameter[] | undefined {
  if (!spec) return [{ value, name: undefined, isTopic: false }]
  const names = spec.parameters.filter(({ isTopic }) => !isTopic).map(({ name }) => name)
  const parameters = readMembers(value, names).map((member): OzParameter => ({ ...member, isTopic: false }))
  return parameters.length === 0 ? undefined : parameters
}

function readMembers(value: ScValue, names: readonly string[]): { value: ScValue; name: string }[] {
  if (value.type === 'Vec') {
    return value.elements.map((element, index) => ({ value: element, name: names[index] ?? String(index) }))
  }
  if (value.type !== 'Map') return [{ value, name: names[0] ?? '0' }]
  const members = new Map(value.entries.map(({ key, value: member }) => [ozDisplayOf(key), member]))
  return names.flatMap((name) => {
    const member = members.get(name)
    return member === undefined ? [] : [{ value: member, name }]
  })
}
