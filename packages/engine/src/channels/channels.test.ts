import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createTriggerCheck } from '../config/check-trigger.ts'
import { secretSchema } from '../config/secret.ts'
import type { createTriggerSchema } from '../config/trigger.ts'
import { defineChannel } from './channel-definition.ts'
import { channels } from './channels.ts'
import { messageNotBlank, messageSchema, retry_policy } from './message.ts'
import { prefixed, problem } from './rules.ts'
import { mapSettings, ownerOf, secretFieldsOf } from './settings.ts'

const pager = defineChannel({
  name: 'pager',
  schema: z.strictObject({ pager_url: secretSchema, routing_key: secretSchema, message: messageSchema, retry_policy }),
  keyField: 'pager_url',
  secrets: [
    { field: 'pager_url', isUrl: true },
    { field: 'routing_key', isUrl: false },
  ],
  transport: 'http',
  rules: (config) => [...prefixed(config, 'pager_url', ['https://pager.example/']), ...messageNotBlank(config)],
  warnings: () => [problem([], 'missing_authentication', 'is a pager')],
})
const among = [...channels, pager] as const
const plain = (value: string) => ({ type: 'Plain', value })
const message = { title: 'T', body: 'B' }
const settings = { pager_url: plain('https://pager.example/1'), routing_key: plain('k'), message }

describe('a channel that is added to the list', () => {
  const check = createTriggerCheck(among)
  const trigger = (config: object, type = 'pager') => ({ name: 'Ops', trigger_type: type, config })

  it('is a type of trigger, with its own shape, rules and warnings', () => {
    const checked = check(trigger(settings))
    expect(checked).toMatchObject({ problems: [], warnings: [{ pointer: '/config', message: 'is a pager' }] })
    const value: z.output<ReturnType<typeof createTriggerSchema<(typeof among)[number]>>> | undefined = checked.value
    expect(value).toEqual(trigger(settings))
    const wrong = { ...settings, pager_url: plain('https://other.example/'), message: { title: 'T', body: ' ' }, to: 1 }
    expect(check(trigger(wrong)).problems.map(({ pointer, code }) => `${pointer} ${code}`)).toEqual([
      '/config/to unknown_field',
      '/config/pager_url/value invalid_url',
      '/config/message/body blank',
    ])
    expect(check(trigger({ ...settings, pager_url: plain('http://pager.example/') })).warnings[0]?.code).toBe(
      'insecure_url',
    )
  })

  it('is sent under the name of another channel that travels alike, with a warning', () => {
    for (const { name, transport } of channels) {
      expect(check(trigger(settings, name)).warnings[0]).toMatchObject({
        code: 'trigger_type_mismatch',
        message: expect.stringContaining(transport === 'http' ? 'is sent as pager' : 'can never be delivered'),
      })
    }
  })

  it('has its secrets found and replaced, and nobody else has', () => {
    expect(ownerOf(among, settings)).toBe(pager)
    expect(ownerOf(channels, settings)).toBeUndefined()
    expect(secretFieldsOf(among)).toEqual([...secretFieldsOf(channels), ...pager.secrets])
    const masked = mapSettings(among, settings, (secret, pointer) => ({ ...secret, value: pointer }))
    expect(masked).toEqual({
      ...settings,
      pager_url: plain('/config/pager_url'),
      routing_key: plain('/config/routing_key'),
    })
    expect(mapSettings(channels, settings, () => plain('changed'))).toEqual(settings)
  })
})

describe('the channels', () => {
  it('are told apart by one required field each', () => {
    for (const { keyField, schema } of channels) {
      expect(schema.shape).toHaveProperty(keyField)
      const having = channels.filter((other) => Object.hasOwn(other.schema.shape, keyField))
      expect(having.map(({ name }) => name)).toHaveLength(1)
      expect(schema.safeParse({}).error?.issues.map(({ path }) => path.join('/'))).toContain(keyField)
    }
  })

  it('name each field that holds a secret', () => {
    for (const { secrets, schema } of channels) {
      const fields = Object.entries(schema.shape).filter(([, field]) => {
        return field.safeParse(plain('x')).success && !field.safeParse('x').success && !field.safeParse({}).success
      })
      expect(secrets.map(({ field }) => field)).toEqual(fields.map(([name]) => name))
    }
  })

  it('agree about what a field of one name is', () => {
    const all = channels.flatMap(({ secrets }) => [...secrets])
    for (const { field, isUrl } of all) {
      expect(all.filter((other) => other.field === field && other.isUrl !== isUrl)).toEqual([])
    }
  })
})
