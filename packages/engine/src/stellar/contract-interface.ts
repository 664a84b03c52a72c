import type { StellarSpec, StellarType } from '../config/stellar-spec.ts'
import { type Spelling, spellType } from './spec-type.ts'

/** What a contract's spec says, compiled once for any number of calls and events. */
export type ContractInterface = {
  /** In the order of the spec; of several with one name all are here. */
  functions: readonly SpecFunction[]
  events: readonly SpecEvent[]
  types: UserTypes
}

export type SpecFunction = Spelled & { name: string; inputs: readonly SpecParameter[] }

export type SpecEvent = Spelled & {
  name: string
  prefixTopics: readonly string[]
  /** In the order of the spec, as OZ Monitor counts them. */
  parameters: readonly (SpecParameter & { isTopic: boolean })[]
  dataFormat: 'single_value' | 'vec' | 'map'
}

/** `kind` is the type in OZ Monitor's spelling. */
export type SpecParameter = { name: string; type: StellarType; kind: string }

/** `signature` is OZ Monitor's (spec/05 §5.4); `spellings` those under which the `spec` readings stand, without repeats. */
type Spelled = { signature: string; spellings: readonly string[] }

export type UserTypes = ReadonlyMap<string, UserType>

export type UserType =
  | { form: 'struct'; fields: readonly { name: string; type: StellarType }[] }
  | { form: 'union'; cases: ReadonlyMap<string, readonly StellarType[]> }
  | { form: 'enum' | 'error_enum'; cases: ReadonlyMap<string, string> }

/** Compiles spec entries; those of other kinds than functions, events and types are passed over (spec/05 §5.4). */
export function compileInterface(spec: StellarSpec): ContractInterface {
  const functions: SpecFunction[] = []
  const events: SpecEvent[] = []
  const types = new Map<string, UserType>()
  for (const entry of spec) {
    if (entry.function_v0) functions.push(compileFunction(entry.function_v0))
    else if (entry.event_v0) events.push(compileEvent(entry.event_v0))
    else {
      const named = readUserType(entry)
      if (named !== undefined && !types.has(named.name)) types.set(named.name, named.type)
    }
  }
  return { functions, events, types }
}

/** Every signature under which a call or an event of the contract may be read, for a check of conditions. */
export function signaturesOf({ functions, events }: ContractInterface): string[] {
  return [...functions, ...events].flatMap(({ signature, spellings }) => [signature, ...spellings])
}

type FunctionEntry = { name: string; inputs: readonly { name: string; type_: StellarType }[] }

type EventEntry = {
  name: string
  prefix_topics: readonly string[]
  params: readonly { name: string; type_: StellarType; location: 'data' | 'topic_list' }[]
  data_format: SpecEvent['dataFormat']
}

function compileFunction({ name, inputs }: FunctionEntry): SpecFunction {
  const parameters = inputs.map(compileParameter)
  return { name, inputs: parameters, ...spell(name, parameters, parameters) }
}

function compileEvent({ name, prefix_topics, params, data_format }: EventEntry): SpecEvent {
  const parameters = params.map((param) => ({ ...compileParameter(param), isTopic: param.location === 'topic_list' }))
  const inOrder = [...parameters.filter(({ isTopic }) => isTopic), ...parameters.filter(({ isTopic }) => !isTopic)]
  return {
    name,
    prefixTopics: prefix_topics,
    parameters,
    dataFormat: data_format,
    ...spell(name, parameters, inOrder),
  }
}

function compileParameter({ name, type_ }: { name: string; type_: StellarType }): SpecParameter {
  return { name, type: type_, kind: spellType(type_, 'oz') }
}

/** OZ Monitor counts an event's parameters as the spec does, the readings topics first. */
function spell(name: string, parameters: readonly SpecParameter[], inOrder: readonly SpecParameter[]): Spelled {
  const signatureIn = (list: readonly SpecParameter[], spelling: Spelling) =>
    `${name}(${list.map(({ type }) => spellType(type, spelling)).join(',')})`
  return {
    signature: signatureIn(parameters, 'oz'),
    spellings: [...new Set([signatureIn(inOrder, 'spec'), signatureIn(inOrder, 'address')])],
  }
}

function readUserType(entry: StellarSpec[number]): { name: string; type: UserType } | undefined {
  const { udt_struct_v0: struct, udt_union_v0: union, udt_enum_v0: named, udt_error_enum_v0: error } = entry
  if (struct) {
    const fields = struct.fields.map(({ name, type_ }) => ({ name, type: type_ }))
    return { name: struct.name, type: { form: 'struct', fields } }
  }
  if (union) {
    const cases = union.cases.flatMap(({ void_v0: empty, tuple_v0: tuple }): [string, readonly StellarType[]][] => {
      if (empty) return [[empty.name, []]]
      return tuple ? [[tuple.name, tuple.type_]] : []
    })
    return { name: union.name, type: { form: 'union', cases: new Map(cases) } }
  }
  const list = named ?? error
  if (!list) return undefined
  const cases = new Map(list.cases.map(({ name, value }) => [String(value), name]))
  return { name: list.name, type: { form: named ? 'enum' : 'error_enum', cases } }
}
