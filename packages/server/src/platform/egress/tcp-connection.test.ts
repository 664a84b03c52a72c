import { createServer, type AddressInfo, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { forbiddenAddresses } from '../../testing/hostile-addresses.ts'
import { createEgress, type EgressOptions } from './egress.ts'
import { EgressError } from './egress-error.ts'

const closing: (() => unknown)[] = []
afterEach(() => Promise.all(closing.splice(0).map((close) => close())))

function openEgress(options: Partial<EgressOptions> = {}) {
  const egress = createEgress({ allow: ['127.0.0.0/8'], ownAddresses: () => [], ...options })
  closing.push(() => egress.close())
  return egress
}

/** A server on loopback that greets, as SMTP servers do. */
async function greet() {
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.on('error', () => undefined).write('220 hello\r\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  return { port: (server.address() as AddressInfo).port, connections: () => connections }
}

async function codesOf(attempt: Promise<Socket>): Promise<string> {
  const error: unknown = await attempt.then(
    () => 'connected',
    (reason: unknown) => reason,
  )
  return error instanceof EgressError ? `${error.code} ${error.tenantCode}` : String(error)
}

describe('a TCP connection through the wall', () => {
  it('brings a socket to the judged address of an allowed name', async () => {
    const { port } = await greet()
    const socket = await openEgress({ resolve: async () => ['127.0.0.1'] }).connect({ host: 'mail.example', port })
    closing.push(() => socket.destroy())
    const greeting = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))))
    expect([socket.remoteAddress, greeting]).toEqual(['127.0.0.1', '220 hello\r\n'])
  })

  it.each(forbiddenAddresses)('never dials %s (%s), written out or behind a name', async (address) => {
    const dialled: string[] = []
    const egress = openEgress({
      allow: [],
      resolve: async () => [address],
      dial: (options, callback) => {
        dialled.push(options.address)
        callback(new Error('nothing is dialled here'), null)
      },
    })
    for (const host of [address, 'mail.example'])
      expect(await codesOf(egress.connect({ host, port: 25 }))).toBe('blocked_address unreachable')
    expect(dialled).toEqual([])
  })

  it('reaches nothing on loopback unless it is allowed, however it is named', async () => {
    const canary = await greet()
    const egress = openEgress({ allow: [] })
    for (const host of ['127.0.0.1', 'localhost', 'LOCALHOST.', '2130706433', '0x7f.1', '127.1', '0', '::1'])
      expect(await codesOf(egress.connect({ host, port: canary.port }))).toMatch(/ unreachable$/)
    expect(canary.connections()).toBe(0)
  })

  it.each([
    ['', 25],
    ['a b', 25],
    ['a/b', 25],
    ['a@b', 25],
    ['a\r\nb', 25],
    ['[::1]', 25],
    ['x'.repeat(254), 25],
    ['mail.example', 0],
    ['mail.example', 65_536],
    ['mail.example', 1.5],
    ['mail.example', Number.NaN],
  ])('refuses host %j with port %d before anything is resolved', async (host, port) => {
    const resolved: string[] = []
    const egress = openEgress({
      resolve: async (name) => {
        resolved.push(name)
        return []
      },
    })
    expect([await codesOf(egress.connect({ host, port })), resolved]).toEqual(['invalid_url invalid_url', []])
  })

  it('ends in time when the resolver never answers, and when the caller gives up', async () => {
    const egress = openEgress({ connectTimeoutMs: 50, resolve: () => new Promise(() => undefined) })
    expect(await codesOf(egress.connect({ host: 'mail.example', port: 25 }))).toBe('timeout unreachable')
    const signal = AbortSignal.abort()
    expect(await codesOf(egress.connect({ host: 'mail.example', port: 25, signal }))).toBe('aborted connection_lost')
  })

  it('says of a closed port what it says of a blocked address', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    expect(await codesOf(openEgress().connect({ host: '127.0.0.1', port }))).toBe('connect_failed unreachable')
  })
})
