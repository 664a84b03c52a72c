import type { JsonValue, MonitorConfig } from '@smt/engine'
import { isJsonObject } from '../tenants/json-object.ts'

/**
 * What a configuration that may be wrong says about conditions, for checks that must not wait until the rest is right.
 * Items keep their places; what is not a condition is replaced by one that nobody complains about.
 */
export function outlineOf(configuration: JsonValue): MonitorConfig {
  const conditions = fieldOf(configuration, 'match_conditions')
  return {
    name: '',
    networks: [],
    paused: false,
    addresses: [],
    match_conditions: {
      functions: itemsOf(conditions, 'functions').map(signedConditionOf),
      events: itemsOf(conditions, 'events').map(signedConditionOf),
      transactions: itemsOf(conditions, 'transactions').map((item) => ({ status: 'Any', ...expressionOf(item) })),
    },
    trigger_conditions: itemsOf(configuration, 'trigger_conditions').map(() => ({
      script_path: 'a.js',
      language: 'JavaScript',
      timeout_ms: 1,
    })),
    triggers: [],
  }
}

/** The texts of an array that may be none, at their places. */
export function textsOf(configuration: JsonValue | undefined, key: string): { text: string; index: number }[] {
  return itemsOf(configuration, key).flatMap((item, index) => (typeof item === 'string' ? [{ text: item, index }] : []))
}

/** The items of an array that may be none. */
export function itemsOf(value: JsonValue | undefined, key: string): JsonValue[] {
  const items = fieldOf(value, key)
  return Array.isArray(items) ? items : []
}

function fieldOf(value: JsonValue | undefined, key: string): JsonValue | undefined {
  return isJsonObject(value) ? value[key] : undefined
}

function signedConditionOf(item: JsonValue) {
  const signature = fieldOf(item, 'signature')
  return { signature: typeof signature === 'string' ? signature : '()', ...expressionOf(item) }
}

function expressionOf(item: JsonValue): { expression?: string } {
  const expression = fieldOf(item, 'expression')
  return typeof expression === 'string' ? { expression } : {}
}
