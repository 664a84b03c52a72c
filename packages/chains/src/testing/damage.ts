import { stringifyJson } from '@smt/engine'
import fc from 'fast-check'
import { hash } from './node-answers.ts'

/** How one answer of a node goes wrong: somewhere inside its JSON-RPC response, or as a whole. */
export type Damage = (response: { jsonrpc: string; id: unknown; result: unknown }) => { status: number; body: string }

type Path = readonly (string | number)[]
type Change = { delete: true } | { to: unknown }
export type Place = { path: Path; change: Change }

export const otherHash = hash(0xbad)

const strangers: unknown[] = [
  null,
  7,
  -1,
  1.5,
  2n ** 300n,
  true,
  '',
  '0x',
  '0xzz',
  'latest',
  '0'.repeat(100_000),
  otherHash,
  [],
  [null],
  [[]],
  {},
  { hash: hash(1) },
]

const inside: fc.Arbitrary<{ at: number; change: Change }> = fc.record({
  at: fc.nat({ max: 100_000 }),
  change: fc.oneof(
    fc.constant({ delete: true as const }),
    fc.constantFrom(...strangers).map((to) => ({ to })),
  ),
})

/** Leaves out the changes of which `isTold` says that nobody can tell them from the truth. */
export function damages(isTold: (place: Place) => boolean): fc.Arbitrary<Damage> {
  const changed = inside.map(({ at, change }): Damage => (response) => {
    const places = placesIn(response).filter((path) => isTold({ path, change }))
    const place = places[at % places.length] ?? []
    return { status: 200, body: stringifyJson(changeAt(response, place, change)) }
  })
  const broken = fc.oneof(
    fc.nat({ max: 10_000 }).map((at): Damage => (response) => {
      const body = stringifyJson(response)
      return { status: 200, body: body.slice(0, at % body.length) }
    }),
    fc.constantFrom(500, 502, 503, 404, 403, 429, 302, 204).map((status): Damage => (response) => {
      return { status, body: stringifyJson(response) }
    }),
    fc
      .constantFrom(
        '',
        'null',
        '[]',
        '<html><body>502 Bad Gateway</body></html>',
        '{"jsonrpc":"2.0"}',
        '\uFEFF{}',
        'NaN',
      )
      .map((body): Damage => () => ({ status: 200, body })),
    fc
      .constantFrom<unknown>({ code: -32000, message: 'x' }, { code: 'x' }, {}, 'error', [], 1, true)
      .map((error): Damage => ({ result: _, ...rest }) => ({ status: 200, body: stringifyJson({ ...rest, error }) })),
    fc.constantFrom<unknown>(-1, 0, null, 'x', [1], {}).map((id): Damage => (response) => {
      return { status: 200, body: stringifyJson({ ...response, id }) }
    }),
    fc.constant<Damage>((response) => ({ status: 200, body: stringifyJson([response]) })),
  )
  return fc.oneof({ weight: 4, arbitrary: changed }, { weight: 1, arbitrary: broken })
}

function placesIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  const isList = Array.isArray(value)
  return [
    path,
    ...Object.entries(value).flatMap(([key, member]) => placesIn(member, [...path, isList ? Number(key) : key])),
  ]
}

function changeAt(value: unknown, [key, ...rest]: Path, change: Change): unknown {
  if (key === undefined) return 'to' in change ? change.to : null
  const isGone = rest.length === 0 && 'delete' in change
  if (Array.isArray(value)) {
    return value.flatMap((element: unknown, index) => {
      if (index !== key) return [element]
      return isGone ? [] : [changeAt(element, rest, change)]
    })
  }
  const members = Object.entries(value ?? {}).flatMap(([name, member]): [string, unknown][] => {
    if (name !== key) return [[name, member]]
    return isGone ? [] : [[name, changeAt(member, rest, change)]]
  })
  return Object.fromEntries(members)
}
