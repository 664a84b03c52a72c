import { decodeBase64 } from './base64.ts'
import type { StellarEvent } from './ledger-data.ts'
import { decodeScValue, type ScValue } from './sc-value.ts'
import { XdrError } from './xdr-error.ts'

/** An event decoded once for all that look at it. */
export type DecodedEvent = {
  /** The texts of the leading topics as OZ Monitor reads them (spec/05 §9.1.3); empty when there is no name. */
  ozNames: readonly string[]
  /** Undefined for a topic that is no value. Undefined altogether when the node sent no topics. */
  topics: readonly (ScValue | undefined)[] | undefined
  /** `absent` when the node sent none, undefined when it is no value. */
  data: ScValue | 'absent' | undefined
  /** Why a topic or the data is no value, of the first such: to be counted and shown, never passed over in silence. */
  problem: XdrError | undefined
}

/** Never throws for what a node sent: what cannot be decoded is in `problem`. */
export function decodeEvent(event: Pick<StellarEvent, 'topics' | 'value'>): DecodedEvent {
  const problems: XdrError[] = []
  const decode = (base64: string) => attempt(() => decodeScValue(base64), problems)
  const topics = event.topics?.map(decode)
  const data = event.value === undefined ? 'absent' : decode(event.value)
  return { ozNames: readOzNames(event.topics ?? []), topics, data, problem: problems[0] }
}

const NAME_OFFSET = 8

/** Making one takes longer than decoding a name. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The bytes from offset 8, where a symbol's or string's text begins, whatever the topic is; ends at the first topic that
 * has none.
 */
function readOzNames(topics: readonly string[]): string[] {
  const names: string[] = []
  for (const topic of topics) {
    const name = attempt(() => readOzName(topic), [])
    if (name === undefined) break
    names.push(name)
  }
  return names
}

function readOzName(topic: string): string | undefined {
  const bytes = decodeBase64(topic)
  if (bytes.length < NAME_OFFSET) return undefined
  try {
    return stripNuls(utf8.decode(bytes.subarray(NAME_OFFSET)))
  } catch {
    // Not UTF-8, so there is no name: that is what undefined says.
    return undefined
  }
}

function stripNuls(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && text.charCodeAt(start) === 0) start += 1
  while (end > start && text.charCodeAt(end - 1) === 0) end -= 1
  return text.slice(start, end)
}

function attempt<T>(read: () => T, problems: XdrError[]): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof XdrError)) throw error
    problems.push(error)
    return undefined
  }
}
