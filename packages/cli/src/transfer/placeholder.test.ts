import { describe, expect, it } from 'vitest'
import { placeholderOf } from './placeholder.ts'

describe('placeholderOf', () => {
  it('is a name that shells can set', () => {
    expect(placeholderOf('trigger', 'ops_hook', '/config/slack_url')).toBe(
      'SMT_EXPORT_TRIGGER_OPS_HOOK__CONFIG_SLACK_URL',
    )
    expect(placeholderOf('trigger', 'ops.Hook-1', '/config/url')).toMatch(/^[A-Z_][A-Z0-9_]*$/)
  })

  it('differs for every place of every object', () => {
    const ids = ['a', 'A', 'a.b', 'a-b', 'a_b', 'a_slack', 'a_config_slack', 'a__config']
    const pointers = ['/config/url', '/config/slack_url', '/config/secret', '/rpc_urls/0/url', '/rpc_urls/10/url']
    const names = (['network', 'trigger'] as const).flatMap((kind) =>
      ids.flatMap((id) => pointers.map((pointer) => placeholderOf(kind, id, pointer))),
    )
    expect(new Set(names).size).toBe(names.length)
  })
})
