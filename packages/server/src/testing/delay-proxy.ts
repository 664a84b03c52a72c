import { connect, createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

/** A TCP proxy on loopback that keeps everything back for a while in each direction, as a distant server does. */
export type DelayProxy = {
  port: number
  /** How often a client had to wait: sendings after an answer, the first one included. */
  trips(): number
  close(): Promise<void>
}

export async function startDelayProxy(target: { port: number; host: string }, delayMs: number): Promise<DelayProxy> {
  const sockets = new Set<Socket>()
  let trips = 0

  const server = createServer((client) => {
    const upstream = connect(target.port, target.host)
    let isAnswered = true
    client.on('data', (data) => {
      if (isAnswered) trips += 1
      isAnswered = false
      setTimeout(() => upstream.write(data), delayMs)
    })
    upstream.on('data', (data) =>
      setTimeout(() => {
        isAnswered = true
        client.write(data)
      }, delayMs),
    )
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      socket.setNoDelay(true)
      sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    trips: () => trips,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
