import { describe, expect, it } from 'vitest'
import { EgressError, type EgressErrorCode } from '../platform/egress/egress-error.ts'
import type { EgressRequest, EgressResponse } from '../platform/egress/egress.ts'
import { httpMessage } from '../triggers/channels/http-message.ts'
import { quickRetriesOf } from './backoff.ts'
import { leaseMs, runRound, type RoundOptions } from './round.ts'

type Answer = number | EgressErrorCode | { status: number; headers?: Record<string, string>; tookMs?: number }

const request = { url: 'https://hooks.acme.example/x', method: 'POST', headers: { 'webhook-id': 'msg_1' }, body: '{}' }
const start = Date.UTC(2026, 0, 1)

/** A receiver that answers in this order, the last answer for ever, and a clock that only sleeping and answering move. */
function createScene(answers: readonly Answer[]) {
  let nowMs = start
  const sent: EgressRequest[] = []
  const sleptMs: number[] = []
  const stopping = new AbortController()
  const respond = async (asked: EgressRequest): Promise<EgressResponse> => {
    const answer = answers[Math.min(sent.length, answers.length - 1)] ?? 200
    sent.push(asked)
    if (typeof answer === 'string') throw new EgressError(answer, answer === 'timeout' ? 'request' : 'connect')
    const { status, headers = {}, tookMs = 5 } = typeof answer === 'number' ? { status: answer } : answer
    nowMs += tookMs
    return { status, headers, body: 'what the receiver says', durationMs: tookMs }
  }
  const clock = {
    now: () => new Date(nowMs),
    sleep: async (delayMs: number) => {
      sleptMs.push(delayMs)
      nowMs += delayMs
    },
  }
  return {
    sent,
    sleptMs,
    stopping,
    elapsedMs: () => nowMs - start,
    run: (
      policy: Parameters<typeof quickRetriesOf>[0] = { jitter: 'none' },
      url = request.url,
      options: Pick<RoundOptions, 'rest' | 'resume'> = {},
    ) =>
      runRound(
        {
          egress: { request: respond, connect: () => Promise.reject(new Error('not by mail')) },
          clock,
          random: () => 1,
        },
        httpMessage({ ...request, url }),
        { retries: quickRetriesOf(policy), signal: stopping.signal, ...options },
      ),
  }
}

describe('a round', () => {
  it.each([200, 201, 204, 299])('is delivered by a %d, after one request', async (status) => {
    const scene = createScene([status])
    expect((await scene.run()).end).toEqual({ kind: 'delivered' })
    expect(scene.sent).toHaveLength(1)
  })

  it.each<[Answer, string]>([
    [500, 'http_5xx'],
    [503, 'http_5xx'],
    [429, 'http_4xx'],
    [408, 'http_4xx'],
    ['dns_failure', 'unreachable'],
    ['connect_failed', 'unreachable'],
    ['tls_failure', 'unreachable'],
    ['blocked_address', 'unreachable'],
    ['timeout', 'timeout'],
    ['connection_lost', 'connection_lost'],
  ])('repeats %s three times by default and then waits for the next round', async (answer, errorClass) => {
    const scene = createScene([answer])
    const { attempts, end } = await scene.run()
    expect(end).toEqual({ kind: 'failed', retryAfterMs: 0 })
    expect(attempts.map((attempt) => attempt.errorClass)).toEqual(Array(4).fill(errorClass))
    // Who was not reached is known only when the time for an answer is over.
    expect(scene.sleptMs.filter((delayMs) => delayMs === 10_000)).toHaveLength(errorClass === 'unreachable' ? 4 : 0)
    expect(scene.sleptMs.filter((delayMs) => delayMs !== 10_000)).toEqual([250, 500, 1000])
  })

  it.each([400, 401, 404, 301, 302, 307, 308, 304, 101])('leaves a %d to the next round', async (status) => {
    const scene = createScene([status])
    expect((await scene.run()).end).toEqual({ kind: 'failed', retryAfterMs: 0 })
    expect(scene.sent).toHaveLength(1)
  })

  it('takes 410 as the end of the delivery, and so a URL that is none', async () => {
    expect((await createScene([410]).run()).end).toEqual({ kind: 'permanent' })
    expect((await createScene(['invalid_url']).run()).end).toEqual({ kind: 'permanent' })
  })

  it('goes on alike for a refused connection and a blocked address, also one that is written out', async () => {
    const results: unknown[] = []
    for (const answer of ['connect_failed', 'blocked_address', 'dns_failure'] as const) {
      const scene = createScene([answer])
      const { attempts, end } = await scene.run(undefined, 'http://10.0.0.1/')
      results.push({ end, slept: scene.sleptMs, attempts: attempts.map(({ startedAt: _, ...attempt }) => attempt) })
    }
    expect(results.slice(1)).toEqual([results[0], results[0]])
  })

  it('sends identical bytes and headers every time', async () => {
    const scene = createScene([500, 'timeout', 503, 200])
    expect((await scene.run()).end).toEqual({ kind: 'delivered' })
    expect(new Set(scene.sent.map((asked) => JSON.stringify(asked))).size).toBe(1)
  })

  it.each([0, 1, 2])('repeats %d times when the policy says so', async (max_retries) => {
    const scene = createScene([500])
    await scene.run({ max_retries, jitter: 'none' })
    expect(scene.sent).toHaveLength(max_retries + 1)
  })

  it('keeps of an attempt its time, duration, status and kind of failure, nothing that was said', async () => {
    const scene = createScene([{ status: 503, tookMs: 42 }, 200])
    const { attempts } = await scene.run()
    expect(attempts).toEqual([
      { startedAt: new Date(start), latencyMs: 42, httpStatus: 503, errorClass: 'http_5xx' },
      { startedAt: new Date(start + 292), latencyMs: 5, httpStatus: 200, errorClass: null },
    ])
  })

  it.each([
    ['seconds', 503, '120', 120_000],
    ['a date', 429, new Date(start + 90_000 + 5).toUTCString(), 90_000 - 5],
    ['more than an hour', 503, '999999999999', 3_600_000],
  ])('ends when the receiver asks for %s', async (_, status, retryAfter, retryAfterMs) => {
    const scene = createScene([{ status, headers: { 'retry-after': retryAfter } }])
    expect((await scene.run()).end).toEqual({ kind: 'failed', retryAfterMs })
    expect(scene.sent).toHaveLength(1)
  })

  it.each([
    ['nonsense', 503, 'soon'],
    ['a negative time', 503, '-5'],
    ['a date that has passed', 503, new Date(start - 1_000).toUTCString()],
    ['nothing', 503, ''],
    ['a time after an error it is not meant for', 500, '120'],
  ])('goes on when the receiver asks for %s', async (_, status, retryAfter) => {
    const scene = createScene([{ status, headers: { 'retry-after': retryAfter } }])
    expect((await scene.run()).end).toEqual({ kind: 'failed', retryAfterMs: 0 })
    expect(scene.sent).toHaveLength(4)
  })

  it('ends before its lease does, however slow the receiver and whatever the policy', async () => {
    const scene = createScene([{ status: 503, tookMs: 10_000 }])
    const policy = {
      max_retries: 10,
      initial_backoff: { secs: 8, nanos: 0 },
      max_backoff: { secs: 600, nanos: 0 },
      jitter: 'none' as const,
    }
    expect((await scene.run(policy)).end).toEqual({ kind: 'failed', retryAfterMs: 0 })
    expect(scene.sent.length).toBeGreaterThan(1)
    expect(scene.elapsedMs()).toBeLessThan(leaseMs)
  })

  it('waits with what it was given, and ends when there is no room for another request', async () => {
    const scene = createScene(['connect_failed'])
    const rested: number[] = []
    const rest = async (delayMs: number) => void rested.push(delayMs)
    const { attempts, end } = await scene.run({ jitter: 'none' }, request.url, {
      rest,
      resume: () => rested.length < 4,
    })
    expect([attempts.length, end]).toEqual([2, { kind: 'failed', retryAfterMs: 0 }])
    expect([rested, scene.sleptMs]).toEqual([[10_000, 250, 10_000, 500], []])
  })

  it('is interrupted by the end of the process, with the attempts that were made', async () => {
    const scene = createScene([503])
    scene.stopping.abort()
    const { attempts, end } = await scene.run()
    expect([attempts.length, end]).toEqual([1, { kind: 'interrupted' }])
  })

  it('lets an error of the server itself through', async () => {
    const deps = {
      egress: {
        request: () => Promise.reject(new TypeError('a bug')),
        connect: () => Promise.reject(new Error('not by mail')),
      },
      clock: { now: () => new Date(), sleep: async () => undefined },
      random: () => 0,
    }
    const options = { retries: quickRetriesOf(undefined), signal: new AbortController().signal }
    await expect(runRound(deps, httpMessage(request), options)).rejects.toThrow('a bug')
  })
})
