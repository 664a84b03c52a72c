import { startReceiver } from '@smt/testkit'

// A process of its own: `port baseUrl slug token perSecond`. Receives the aggressor's alerts from its start. A message
// `{ floodMs }` sends calls at the rate for as long, whatever the answers; every message is answered with what came so far.
const [port, baseUrl, slug, token, perSecond] = process.argv.slice(2)
const receiver = await startReceiver({ port: Number(port) })
const seen = new Set<string>()
let received = 0
receiver.onRequest(({ headers }) => {
  received += 1
  seen.add(headers['webhook-id'] ?? '')
  receiver.requests.length = 0
})

async function flood(forMs: number): Promise<Record<string, number>> {
  const statuses: Record<string, number> = {}
  const count = (status: string) => (statuses[status] = (statuses[status] ?? 0) + 1)
  const started = performance.now()
  const pending: Promise<unknown>[] = []
  const total = Math.floor((forMs / 1_000) * Number(perSecond))
  for (let n = 0; n < total; n += 1) {
    const waitMs = started + (n * 1_000) / Number(perSecond) - performance.now()
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
    const one = async () => {
      const reply = await fetch(`${baseUrl}/api/v1/tenants/${slug}/monitors`, {
        headers: { authorization: `Bearer ${token}` },
      })
      await reply.text()
      count(String(reply.status))
    }
    pending.push(one().catch(() => count('failed')))
  }
  await Promise.all(pending)
  return statuses
}

process.on('message', (message: { floodMs?: number }) => {
  const answer = async () => {
    const statuses = message.floodMs === undefined ? undefined : await flood(message.floodMs)
    process.send?.({ statuses, received, distinct: seen.size })
  }
  void answer()
})
process.send?.({ ready: true })
