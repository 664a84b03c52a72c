import type { MatchArgument } from '../evm/argument-decoder.ts'
import type { ContractInterface, SpecEvent, SpecParameter, UserTypes } from './contract-interface.ts'
import type { DecodedEvent } from './decode-event.ts'
import type { Reading } from './reading.ts'
import type { ScValue } from './sc-value.ts'
import { toTypedArguments } from './typed-argument.ts'
import { unescapeText } from './utf8-text.ts'

/**
 * The event as the contract's spec describes it (SEP-48): topics after the prefix are the parameters in the topic list,
 * the data is taken apart by its format. One reading for each event of the spec whose prefix and types fit, in every
 * spelling of its signature.
 */
export function readSpecEvents(event: DecodedEvent, contract: ContractInterface): Reading[] {
  const { topics, data } = event
  if (topics === undefined || data === undefined) return []
  const known = topics.filter((topic) => topic !== undefined)
  if (known.length !== topics.length) return []
  return contract.events.flatMap((spec) => {
    const args = readArguments(spec, { topics: known, data, types: contract.types })
    return args ? spec.spellings.map((signature): Reading => ({ dialect: 'spec', signature, args })) : []
  })
}

type EventValues = { topics: readonly ScValue[]; data: ScValue | 'absent'; types: UserTypes }

function readArguments(spec: SpecEvent, { topics, data, types }: EventValues): MatchArgument[] | undefined {
  const inTopics = spec.parameters.filter(({ isTopic }) => isTopic)
  const inData = spec.parameters.filter(({ isTopic }) => !isTopic)
  const { prefixTopics } = spec
  if (topics.length !== prefixTopics.length + inTopics.length) return undefined
  if (!prefixTopics.every((prefix, index) => isText(topics[index], prefix))) return undefined
  const values = splitData(data, spec.dataFormat, inData)
  if (values === undefined) return undefined
  const fromTopics = toTypedArguments(topics.slice(prefixTopics.length), inTopics, { types, indexed: true })
  const fromData = toTypedArguments(values, inData, { types, indexed: false })
  return fromTopics && fromData && [...fromTopics, ...fromData]
}

function isText(topic: ScValue | undefined, text: string): boolean {
  return (topic?.type === 'Symbol' || topic?.type === 'String') && unescapeText(topic.text) === text
}

const nothing: ScValue = { type: 'Void' }

/** One value for each parameter, void for one that a map lacks: that fits an option only. Undefined for another form. */
function splitData(
  data: ScValue | 'absent',
  format: SpecEvent['dataFormat'],
  parameters: readonly SpecParameter[],
): ScValue[] | undefined {
  const value = data === 'absent' ? nothing : data
  // An event without data is published as a void whatever its format says, or as an empty container.
  if (parameters.length === 0 && (value.type === 'Void' || isEmpty(value))) return []
  switch (format) {
    case 'single_value':
      return parameters.length === 1 ? [value] : undefined
    case 'vec':
      return value.type === 'Vec' && value.elements.length === parameters.length ? [...value.elements] : undefined
    case 'map': {
      if (value.type !== 'Map') return undefined
      const members = new Map(value.entries.map(({ key, value: member }) => ['text' in key ? key.text : '', member]))
      // Members that the spec does not name are allowed (SEP-41).
      return parameters.map(({ name }) => members.get(name) ?? nothing)
    }
  }
}

function isEmpty(value: ScValue): boolean {
  return value.type === 'Vec' ? value.elements.length === 0 : value.type === 'Map' && value.entries.length === 0
}
