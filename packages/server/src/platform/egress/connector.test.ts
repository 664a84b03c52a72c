import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { parseRange } from './address.ts'
import { createGuardedConnector, type Dial, type Resolver } from './connector.ts'
import { EgressError } from './egress-error.ts'
import { forbiddenAddresses, publicAddresses } from '../../testing/hostile-addresses.ts'

type Scene = {
  /** What the name resolves to. */
  addresses?: readonly string[]
  resolve?: Resolver
  allow?: readonly string[]
  /** What the socket says it is connected to; the dialled address by default. */
  reached?: string | undefined
  connectTimeoutMs?: number
  dial?: Dial
}

/** A connector whose sockets are never opened: it tells what was resolved and dialled. */
function createScene({ addresses = [], allow = [], ...scene }: Scene) {
  const resolved: string[] = []
  const dialled: string[] = []
  const sockets: Socket[] = []
  const failures: string[] = []
  const dial: Dial = (options, callback) => {
    const { address } = options
    dialled.push(address)
    if (scene.dial !== undefined) {
      scene.dial(options, callback)
      return
    }
    const socket = new Socket()
    Object.defineProperty(socket, 'remoteAddress', { value: 'reached' in scene ? scene.reached : address })
    sockets.push(socket)
    callback(null, socket)
  }
  const connector = createGuardedConnector({
    allow: allow.map(parseRange),
    ownAddresses: () => [],
    connectTimeoutMs: scene.connectTimeoutMs ?? 1_000,
    onFailure: ({ host, port, error }) => failures.push(`${host}:${port} ${error.code}`),
    resolve: async (hostname) => {
      resolved.push(hostname)
      return scene.resolve === undefined ? addresses : scene.resolve(hostname)
    },
    dial,
  })
  const connect = (hostname: string) =>
    new Promise<Socket>((resolve, reject) => {
      connector({ hostname, host: hostname, protocol: 'http:', port: '80' }, (...[error, socket]) => {
        if (error === null && socket !== null) resolve(socket)
        else reject(error ?? new Error('neither a socket nor an error'))
      })
    })
  return { connect, resolved, dialled, sockets, failures }
}

async function refusalOf(attempt: Promise<unknown>): Promise<string> {
  const error: unknown = await attempt.then(
    () => 'connected',
    (reason: unknown) => reason,
  )
  return error instanceof EgressError ? `${error.code} ${error.phase} ${error.tenantCode}` : String(error)
}

const literalOf = (address: string) => (address.includes(':') ? `[${address}]` : address)
const blocked = 'blocked_address connect unreachable'

describe('the guarded connector', () => {
  it.each(forbiddenAddresses)('refuses the literal %s (%s) without dialling', async (address) => {
    const scene = createScene({})
    // A zone makes a literal a name for the resolver, which is not asked to find anything inside.
    expect(await refusalOf(scene.connect(literalOf(address)))).toMatch(
      /^(?:blocked_address|dns_failure) connect unreachable$/,
    )
    expect(scene.dialled).toEqual([])
  })

  it.each(forbiddenAddresses)('refuses a name that resolves to %s (%s) without dialling', async (address) => {
    const scene = createScene({ addresses: [address] })
    expect(await refusalOf(scene.connect('rpc.example'))).toBe(blocked)
    expect(scene.dialled).toEqual([])
  })

  it.each(publicAddresses)('dials %s, given as it is or by name', async (address) => {
    const scene = createScene({ addresses: [address] })
    await scene.connect(literalOf(address))
    await scene.connect('rpc.example')
    expect(scene.dialled).toEqual([address, address])
    expect(scene.resolved).toEqual(['rpc.example'])
  })

  it.each([
    ['first', ['10.0.0.1', '1.1.1.1']],
    ['last', ['1.1.1.1', '2606:4700:4700::1111', '::1']],
  ])('condemns a name of which the %s address is forbidden', async (_, addresses) => {
    const scene = createScene({ addresses })
    expect(await refusalOf(scene.connect('mixed.example'))).toBe(blocked)
    expect(scene.dialled).toEqual([])
  })

  it('asks the resolver once per connection and dials what was judged: a second answer is never heard', async () => {
    const answers = ['1.1.1.1', '127.0.0.1']
    const scene = createScene({ resolve: async () => [answers.shift() ?? '127.0.0.1'] })
    await scene.connect('rebind.example')
    expect([scene.resolved, scene.dialled]).toEqual([['rebind.example'], ['1.1.1.1']])
    expect(await refusalOf(scene.connect('rebind.example'))).toBe(blocked)
    expect(scene.dialled).toEqual(['1.1.1.1'])
  })

  it.each(['127.0.0.1', '::ffff:127.0.0.1', '::ffff:10.0.0.1', '169.254.169.254', '::1', undefined])(
    'destroys a socket that reached %s, whatever was dialled',
    async (reached) => {
      const scene = createScene({ addresses: ['1.1.1.1'], reached })
      expect(await refusalOf(scene.connect('rpc.example'))).toBe(blocked)
      expect(scene.sockets.map(({ destroyed }) => destroyed)).toEqual([true])
    },
  )

  it('takes a mapped remote address for the IPv4 address that it is', async () => {
    const scene = createScene({ addresses: ['1.1.1.1'], reached: '::ffff:1.1.1.1' })
    expect((await scene.connect('rpc.example')).destroyed).toBe(false)
  })

  it('reaches what the operator allows besides, and nothing next to it', async () => {
    const allow = ['127.0.0.0/8', 'fd00::/8']
    const reach = (address: string) =>
      createScene({ allow })
        .connect(literalOf(address))
        .then(
          () => 'reached',
          () => 'refused',
        )
    expect(await Promise.all(['127.0.0.1', '::ffff:127.0.0.1', 'fd00::1'].map(reach))).toEqual([
      'reached',
      'reached',
      'reached',
    ])
    expect(await Promise.all(['10.0.0.1', '::1', 'fc00::1', '::ffff:10.0.0.1'].map(reach))).toEqual(
      Array(4).fill('refused'),
    )
    const byName = createScene({ allow, addresses: ['127.0.0.1', '10.0.0.1'] })
    expect(await refusalOf(byName.connect('mixed.example'))).toBe(blocked)
  })

  it('ends in time when the resolver or the connection hangs, and says only that nobody could be reached', async () => {
    const hanging = createScene({ connectTimeoutMs: 20, resolve: () => new Promise(() => undefined) })
    expect(await refusalOf(hanging.connect('slow.example'))).toBe('timeout connect unreachable')
    const silent = createScene({ connectTimeoutMs: 20, dial: () => undefined })
    expect(await refusalOf(silent.connect('1.1.1.1'))).toBe('timeout connect unreachable')
  })

  it('destroys a socket that comes after the time was over', async () => {
    const arrivals: (() => void)[] = []
    const socket = new Socket()
    const scene = createScene({
      connectTimeoutMs: 20,
      dial: (_, callback) => arrivals.push(() => callback(null, socket)),
    })
    expect(await refusalOf(scene.connect('1.1.1.1'))).toBe('timeout connect unreachable')
    for (const arrive of arrivals) arrive()
    expect(socket.destroyed).toBe(true)
  })

  it('tells operators where and why, also of what tenants are told nothing about', async () => {
    const scene = createScene({ addresses: ['10.0.0.1'] })
    await refusalOf(scene.connect('inside.example'))
    await refusalOf(createScene({}).connect('8.8.8.8'))
    expect(scene.failures).toEqual(['inside.example:80 blocked_address'])
  })

  it('says that a name could not be resolved, be it an error or an empty answer', async () => {
    const failing = createScene({ resolve: () => Promise.reject(new Error('ENOTFOUND secret.example')) })
    expect(await refusalOf(failing.connect('secret.example'))).toBe('dns_failure connect unreachable')
    expect(await refusalOf(createScene({ addresses: [] }).connect('empty.example'))).toBe(
      'dns_failure connect unreachable',
    )
  })
})
