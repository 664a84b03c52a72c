import type { MatchArgument } from '../evm/argument-decoder.ts'
import type { DecodedEvent } from './decode-event.ts'
import { keyText, plainValueOf } from './plain-value.ts'
import type { Reading } from './reading.ts'
import type { ScValue } from './sc-value.ts'

/**
 * The events of tokens (SEP-41) and Stellar Asset Contracts (CAP-46-6, CAP-67), known by their form and so without a spec.
 * All forms of one event have one signature and the same names: topics without the admin that `mint`, `clawback` and
 * `set_authorized` named before protocol 23, then the asset as CODE:ISSUER or `native` when the topic is there, then the
 * data without what a map has beside the amount. What the signature leaves out is among the arguments under its name:
 * `admin`, `to_muxed_id`. Undefined for every other event.
 */
export function readTokenEvent({ topics, data }: DecodedEvent): Reading | undefined {
  const [nameTopic, ...rest] = topics ?? []
  if (nameTopic?.type !== 'Symbol' || data === undefined || data === 'absent') return undefined
  const form = forms.get(nameTopic.text)
  const named = form && nameTopics(rest, form)
  const values = form && named && readData(data, form.data)
  if (!form || !named || !values) return undefined
  const fromTopics = named.map(({ name, value }) => toArgument(name, value, true))
  const counted = fromTopics.filter(({ name }) => name !== 'admin' || form.topics.includes('admin'))
  const fromData = values.map(({ name, value }) => toArgument(name, value, false))
  const inSignature = [...counted, ...fromData.filter(({ name }) => name !== 'to_muxed_id')]
  const signature = `${nameTopic.text}(${inSignature.map(({ kind }) => kind).join(',')})`
  const others = fromTopics.filter((argument) => !counted.includes(argument))
  const muxedId = fromData.filter((argument) => !inSignature.includes(argument))
  return { dialect: 'token', signature, args: [...inSignature, ...muxedId, ...others] }
}

/** The signatures of the readings above, with the asset and without, for a check of conditions. */
export function tokenSignatures(): string[] {
  return [...forms].flatMap(([name, { topics, data }]) => {
    const addresses = topics.map(() => 'Address')
    return [addresses, [...addresses, 'String']].map((kinds) => `${name}(${[...kinds, ...dataKinds[data]].join(',')})`)
  })
}

type TokenForm = { topics: readonly string[]; hadAdmin: boolean; data: DataForm }

type DataForm = 'amount' | 'allowance' | 'address' | 'flag'

const forms: ReadonlyMap<string, TokenForm> = new Map([
  ['transfer', { topics: ['from', 'to'], hadAdmin: false, data: 'amount' }],
  ['mint', { topics: ['to'], hadAdmin: true, data: 'amount' }],
  ['burn', { topics: ['from'], hadAdmin: false, data: 'amount' }],
  ['clawback', { topics: ['from'], hadAdmin: true, data: 'amount' }],
  ['approve', { topics: ['from', 'spender'], hadAdmin: false, data: 'allowance' }],
  ['set_admin', { topics: ['admin'], hadAdmin: false, data: 'address' }],
  ['set_authorized', { topics: ['id'], hadAdmin: true, data: 'flag' }],
  ['fee', { topics: ['from'], hadAdmin: false, data: 'amount' }],
])

const dataKinds: Record<DataForm, readonly string[]> = {
  amount: ['I128'],
  allowance: ['I128', 'U32'],
  address: ['Address'],
  flag: ['Bool'],
}

type Named = { name: string; value: ScValue }

/** The addresses and, last, the asset. Undefined when the topics are not those of the form. */
function nameTopics(
  topics: readonly (ScValue | undefined)[],
  { topics: names, hadAdmin }: TokenForm,
): Named[] | undefined {
  const last = topics.at(-1)
  const asset = last?.type === 'String' ? last : undefined
  const addresses = asset ? topics.slice(0, -1) : topics
  const isOldForm = hadAdmin && addresses.length === names.length + 1
  const allNames = isOldForm ? ['admin', ...names] : names
  if (addresses.length !== allNames.length) return undefined
  const named: Named[] = []
  for (const [index, name] of allNames.entries()) {
    const value = addresses[index]
    if (value?.type !== 'Address') return undefined
    named.push({ name, value })
  }
  return asset ? [...named, { name: 'asset', value: asset }] : named
}

function readData(data: ScValue, form: DataForm): Named[] | undefined {
  switch (form) {
    case 'amount':
      return readAmount(data)
    case 'allowance': {
      const [amount, ledger] = data.type === 'Vec' ? data.elements : []
      if (amount?.type !== 'I128' || ledger?.type !== 'U32') return undefined
      return [
        { name: 'amount', value: amount },
        { name: 'live_until_ledger', value: ledger },
      ]
    }
    case 'address':
      return data.type === 'Address' ? [{ name: 'new_admin', value: data }] : undefined
    case 'flag':
      return data.type === 'Bool' ? [{ name: 'authorize', value: data }] : undefined
  }
}

/** An amount alone, or a map with the amount, the id of a muxed receiver, and members of later standards (SEP-41). */
function readAmount(data: ScValue): Named[] | undefined {
  if (data.type === 'I128') return [{ name: 'amount', value: data }]
  if (data.type !== 'Map') return undefined
  const members = new Map(data.entries.map(({ key, value }) => [keyText(key), value]))
  const amount = members.get('amount')
  if (amount?.type !== 'I128') return undefined
  const muxedId = members.get('to_muxed_id')
  return [{ name: 'amount', value: amount }, ...(muxedId ? [{ name: 'to_muxed_id', value: muxedId }] : [])]
}

function toArgument(name: string, value: ScValue, indexed: boolean): MatchArgument {
  const { kind, text } = plainValueOf(value)
  return { name, value: text, kind, indexed }
}
