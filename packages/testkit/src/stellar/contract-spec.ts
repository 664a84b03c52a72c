import { encodeXdr, type XdrJson } from './xdr.ts'

/** A WebAssembly module whose only content is the contract's spec, in the section where tools look for it. */
export function wasmWithSpec(spec: XdrJson[]): Uint8Array {
  const entries = Buffer.concat(spec.map((entry) => Buffer.from(encodeXdr('ScSpecEntry', entry), 'base64')))
  return Buffer.concat([
    Buffer.from([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]),
    customSection('contractenvmetav0', Buffer.from('000000000000001700000000', 'hex')),
    customSection('contractspecv0', entries),
  ])
}

function customSection(name: string, content: Uint8Array): Buffer {
  const body = Buffer.concat([leb128(name.length), Buffer.from(name), content])
  return Buffer.concat([Buffer.from([0]), leb128(body.length), body])
}

function leb128(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  do {
    const low = rest & 0x7f
    rest >>>= 7
    bytes.push(rest === 0 ? low : low | 0x80)
  } while (rest !== 0)
  return Buffer.from(bytes)
}

/** `ScSpecTypeDef`: a name such as `address`, or an arm such as `{ vec: { element_type: 'u32' } }`. */
export type SpecType = XdrJson

type Named = Record<string, SpecType>

/** `ScSpecEntry` of a function; parameters in the order given. */
export function specFunction(name: string, inputs: Named, output?: SpecType): XdrJson {
  return {
    function_v0: {
      doc: '',
      name,
      inputs: Object.entries(inputs).map(([input, type]) => ({ doc: '', name: input, type_: type })),
      outputs: output === undefined ? [] : [output],
    },
  }
}

/** `ScSpecEntry` of an event (SEP-48). */
export function specEvent(event: {
  name: string
  prefix: string[]
  topics?: Named
  data?: Named
  format?: 'single_value' | 'vec' | 'map'
}): XdrJson {
  const { name, prefix, topics = {}, data = {}, format = 'map' } = event
  const params = (fields: Named, location: string) =>
    Object.entries(fields).map(([field, type]) => ({ doc: '', name: field, type_: type, location }))
  return {
    event_v0: {
      doc: '',
      lib: '',
      name,
      prefix_topics: prefix,
      params: [...params(topics, 'topic_list'), ...params(data, 'data')],
      data_format: format,
    },
  }
}

/** `ScSpecEntry` of a struct. */
export function specStruct(name: string, fields: Named): XdrJson {
  return {
    udt_struct_v0: {
      doc: '',
      lib: '',
      name,
      fields: Object.entries(fields).map(([field, type]) => ({ doc: '', name: field, type_: type })),
    },
  }
}
