import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Dial } from './connector.ts'
import { createEgress, type Egress } from './egress.ts'
import { EgressError } from './egress-error.ts'

/**
 * The known ways around an egress check (security.md 4.2), each tried against a network in which one public host answers and
 * one victim sits inside: sockets go to loopback, and say that they go where they were dialled.
 */
let outside: Server
let victim: Server
let hits = 0
let paths: string[] = []
let answersOf: Record<string, string[][]> = {}
let redirectTo = ''
const inside = ['127.0.0.1', '10.0.0.7', '169.254.169.254', '::1']

beforeAll(async () => {
  outside = createServer((request, response) => {
    paths.push(request.url ?? '')
    if (request.url === '/redirect') response.writeHead(302, { location: redirectTo }).end()
    else response.end('outside')
  })
  victim = createServer((_, response) => {
    hits += 1
    response.end('SECRET')
  })
  for (const server of [outside, victim]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  for (const server of [outside, victim]) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})
beforeEach(() => {
  hits = 0
  paths = []
})

const portOf = (server: Server) => (server.address() as AddressInfo).port

const dial: Dial = ({ address }, callback) => {
  const server = inside.includes(address) ? victim : outside
  const socket = connect(portOf(server), '127.0.0.1', () => {
    Object.defineProperty(socket, 'remoteAddress', { value: address })
    callback(null, socket)
  })
  socket.on('error', () => undefined)
}

/** Resolves by a script of answers for each name; the last one repeats. */
function openEgress(options: { ownAddresses?: () => string[] } = {}): Egress {
  const egress = createEgress({
    allow: [],
    ownAddresses: () => [],
    ...options,
    dial,
    resolve: async (name) => {
      const answers = answersOf[name] ?? []
      return (answers.length > 1 ? answers.shift() : answers[0]) ?? []
    },
  })
  return egress
}

const get = (egress: Egress, url: string, headers: Record<string, string> = {}) =>
  egress.request({ url, method: 'GET', headers, timeoutMs: 5_000, maxBodyBytes: 1_000 })

async function outcomeOf(attempt: Promise<{ status: number; body: string }>): Promise<string> {
  return attempt.then(
    ({ status, body }) => `${status} ${body}`,
    (error: unknown) => (error instanceof EgressError ? error.code : String(error)),
  )
}

type Row = [way: string, go: (egress: Egress) => Promise<string[]>, outcomes: string[]]

const one = (url: string) => async (egress: Egress) => [await outcomeOf(get(egress, url))]
const tcp = (host: string) => async (egress: Egress) => [
  await outcomeOf(egress.connect({ host, port: 25 }).then(() => ({ status: 0, body: 'connected' }))),
]

const rows: Row[] = [
  ['a name that leads inside', one('http://inside.example/'), ['blocked_address']],
  ['an address that is written out', one('http://127.0.0.1/'), ['blocked_address']],
  ['an IPv6 address that is written out', one('http://[::1]/'), ['blocked_address']],
  ['an address written as a number', one('http://2130706433/'), ['blocked_address']],
  ['a name with a public address before the inside one', one('http://mixed.example/'), ['blocked_address']],
  ['a name with a public address after the inside one', one('http://mixed-late.example/'), ['blocked_address']],
  [
    'a redirect to an address inside',
    async (egress) => {
      redirectTo = 'http://127.0.0.1/'
      return [await outcomeOf(get(egress, 'http://public.example/redirect'))]
    },
    ['302 '],
  ],
  [
    'a redirect to a name that leads inside',
    async (egress) => {
      redirectTo = 'http://inside.example/'
      return [await outcomeOf(get(egress, 'http://public.example/redirect'))]
    },
    ['302 '],
  ],
  [
    'a resolver that is asked to check and lies when it is asked to connect',
    async (egress) => {
      answersOf['rebind.example'] = [['1.1.1.1'], ['127.0.0.1']]
      const close = { connection: 'close' }
      const first = await outcomeOf(get(egress, 'http://rebind.example/', close))
      return [first, await outcomeOf(get(egress, 'http://rebind.example/', close))]
    },
    ['200 outside', 'blocked_address'],
  ],
  [
    'a name that has come to lead inside while a connection of it is kept open',
    async (egress) => {
      answersOf['kept.example'] = [['1.1.1.1'], ['127.0.0.1']]
      return [
        await outcomeOf(get(egress, 'http://kept.example/')),
        await outcomeOf(get(egress, 'http://kept.example:8080/')),
      ]
    },
    ['200 outside', 'blocked_address'],
  ],
  [
    'a Host header that names the victim',
    async (egress) => [await outcomeOf(get(egress, 'http://public.example/', { host: '127.0.0.1' }))],
    ['200 outside'],
  ],
  ['a path that looks like another URL', one('http://public.example//127.0.0.1/'), ['200 outside']],
  ['user information that looks like a host', one('http://public.example@127.0.0.1/'), ['invalid_url']],
  ['a mail server of a name that leads inside', tcp('inside.example'), ['blocked_address']],
  ['a mail server at an address that is written out', tcp('127.0.0.1'), ['blocked_address']],
]

describe('the way inside through', () => {
  it.each(rows)('%s is closed', async (_, go, outcomes) => {
    answersOf = {
      'public.example': [['1.1.1.1']],
      'inside.example': [['10.0.0.7']],
      'mixed.example': [['1.1.1.1', '10.0.0.7']],
      'mixed-late.example': [['10.0.0.7', '1.1.1.1']],
    }
    const egress = openEgress()
    expect(await go(egress)).toEqual(outcomes)
    expect(hits).toBe(0)
    await egress.close()
  })

  it('a proxy of the environment is closed: no variable changes where a request goes', async () => {
    const names = ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'NODE_USE_ENV_PROXY']
    const before = names.map((name) => process.env[name])
    for (const name of names) process.env[name] = `http://127.0.0.1:${portOf(victim)}`
    answersOf = { 'public.example': [['1.1.1.1']] }
    const egress = openEgress()
    expect(await outcomeOf(get(egress, 'http://public.example/direct'))).toBe('200 outside')
    await egress.close()
    for (const [index, name] of names.entries()) {
      if (before[index] === undefined) delete process.env[name]
      else process.env[name] = before[index]
    }
    expect([hits, paths]).toEqual([0, ['/direct']])
  })

  it('the public address of this very machine is closed', async () => {
    answersOf = { 'ourselves.example': [['1.1.1.1']] }
    const egress = openEgress({ ownAddresses: () => ['1.1.1.1'] })
    expect(await outcomeOf(get(egress, 'http://ourselves.example/'))).toBe('blocked_address')
    expect(paths).toEqual([])
    await egress.close()
  })
})
