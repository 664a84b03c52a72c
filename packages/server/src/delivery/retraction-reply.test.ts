import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ReceiverBehaviour } from '@smt/testkit'
import type { EgressRequest } from '../platform/egress/egress.ts'
import { sql } from '../platform/db/tx.ts'
import type { TestTenant } from '../testing/api-harness.ts'
import { startDispatchScene, type DispatchScene } from '../testing/dispatch-scene.ts'
import { retractAlerts } from './retraction-store.ts'

let scene: DispatchScene
let acme: TestTenant
/** Where the channels wanted to go. */
let asked: string[] = []

beforeAll(async () => {
  scene = await startDispatchScene()
  acme = await scene.createTenant('acme')
})
afterAll(() => scene.close())
beforeEach(() => scene.clear())

const secret = (value: string) => ({ type: 'Plain', value })
const message = { title: 'T', body: 'B' }
const bot = { token: secret(`12345678:${'s'.repeat(35)}`), message, retry_policy: { max_retries: 0 } }
const hook = 'https://discord.com/api/webhooks/1/s3cret?thread_id=7'

/** Sends through a trigger of this kind to a receiver that answers so; then the block leaves the chain. */
async function tellAndRetract(kind: string, config: object, respond: ReceiverBehaviour, laterConfig?: object) {
  const { token } = acme.owner
  const put = async (settings: object) => {
    const trigger = await scene.api.request('GET', '/tenants/acme/triggers/ops', { token })
    const body = { configuration: { name: 'Ops', trigger_type: kind, config: settings } }
    const headers = { 'if-match': `"${trigger.json.version}"` }
    const saved = await scene.api.request('PUT', '/tenants/acme/triggers/ops', { token, body, headers })
    if (saved.status !== 200) throw new Error(saved.text)
  }
  asked = []
  await put(config)
  scene.receiver.setBehaviour(respond)
  await scene.storeDeliveries(acme)
  const request = (sent: EgressRequest) => {
    asked.push(sent.url)
    return scene.egress.request({ ...sent, url: `${scene.receiver.url}/far-end` })
  }
  const dispatch = scene.createDispatch({ deps: { egress: { request } } })
  await scene.sendAll(dispatch)
  const [first] = await scene.deliveries(acme)
  if (laterConfig !== undefined) await put(laterConfig)
  await scene.api.database.withPlatform(async (tx) => {
    const rows = await tx.rows(sql<{ sourceId: string; hash: string }>`
      update matches set orphaned_at = now() returning source_id as "sourceId", block_hash as hash`)
    await retractAlerts(tx, { sourceId: rows[0]?.sourceId ?? '', blockHashes: rows.map(({ hash }) => hash) })
  })
  await scene.sendAll(dispatch)
  const bodies = scene.receiver.requests.map(({ body }) => JSON.parse(body) as Record<string, unknown>)
  expect(bodies).toHaveLength(2)
  const { rows } = await scene.api.test.admin.query<{ sent_message: unknown }>(
    `select sent_message from deliveries where kind = 'alert'`,
  )
  return { firstId: first?.id ?? '', retraction: bodies[1] ?? {}, stored: rows[0]?.sent_message }
}

const json = (value: unknown): ReceiverBehaviour => {
  return () => ({ status: 200, body: JSON.stringify(value), headers: { 'content-type': 'application/json' } })
}
const inWords = (id: string) =>
  new RegExp(`Takes back the message of \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC \\(delivery ${id}\\)`)

describe('the retraction of a message', () => {
  it('answers it on Telegram', async () => {
    const { retraction, firstId } = await tellAndRetract(
      'telegram',
      { ...bot, chat_id: '-100' },
      json({ ok: true, result: { message_id: 4711, text: 'x' } }),
    )
    expect(retraction['reply_parameters']).toEqual({ message_id: 4711, allow_sending_without_reply: true })
    expect(String(retraction['text']).replaceAll('\\', '')).toMatch(inWords(firstId))
  })

  it('answers nothing in another chat', async () => {
    const answer = json({ ok: true, result: { message_id: 4711 } })
    const [before, after] = [
      { ...bot, chat_id: '-100' },
      { ...bot, chat_id: '-200' },
    ]
    const { retraction } = await tellAndRetract('telegram', before, answer, after)
    expect(retraction).toMatchObject({ chat_id: '-200' })
    expect(retraction).not.toHaveProperty('reply_parameters')
  })

  it('links to it on Discord when the server is known, and asks for the answer that tells', async () => {
    const answer = json({ id: '30', channel_id: '20', guild_id: '10', content: 'x' })
    const { retraction } = await tellAndRetract('discord', { discord_url: secret(hook), message }, answer)
    expect(asked).toEqual([`${hook}&wait=true`, `${hook}&wait=true`])
    expect(retraction['content']).toContain('https://discord.com/channels/10/20/30\nB')
  })

  it('names it in words on Discord otherwise', async () => {
    const config = { discord_url: secret(hook), message }
    const { retraction, firstId } = await tellAndRetract('discord', config, json({ id: '30', channel_id: '20' }))
    expect(retraction['content']).toMatch(inWords(firstId))
    expect(retraction['content']).not.toContain('https://')
  })

  it('names it in words on Slack, which answers nothing but ok', async () => {
    const config = { slack_url: secret('https://hooks.slack.com/services/T/B/s3cret'), message }
    const { retraction, firstId, stored } = await tellAndRetract('slack', config, () => ({ status: 200, body: 'ok' }))
    expect(JSON.stringify(retraction)).toMatch(inWords(firstId))
    expect(stored).toBeNull()
  })

  it.each<[string, string]>([
    ['no JSON', '<html>'],
    ['a number that is none', '{"result":{"message_id":1e999}}'],
    ['a negative number', '{"result":{"message_id":-1}}'],
    ['text where a number is due', `{"result":{"message_id":"${'9'.repeat(5_000)}"}}`],
    ['an address', '{"result":{"message_id":["https://evil.example"]}}'],
    ['too much nesting', `{"result":${'['.repeat(10_000)}`],
  ])('stands alone when the answer to it held %s', async (_, body) => {
    const config = { ...bot, chat_id: '-100' }
    const { retraction, stored } = await tellAndRetract('telegram', config, () => ({ status: 200, body }))
    expect(retraction).not.toHaveProperty('reply_parameters')
    expect(stored).toBeNull()
  })

  it('stands alone when what is stored of it has another form', async () => {
    const answer = json({ id: '30', channel_id: '20', guild_id: '10' })
    const { stored } = await tellAndRetract('discord', { discord_url: secret(hook), message }, answer)
    expect(stored).toEqual({ message_id: '30', channel_id: '20', guild_id: '10' })
    await scene.clear()
    const hostile = json({ id: '30/../../@everyone', channel_id: '20', guild_id: '10' })
    const { stored: nothing } = await tellAndRetract('discord', { discord_url: secret(hook), message }, hostile)
    expect(nothing).toBeNull()
  })
})
