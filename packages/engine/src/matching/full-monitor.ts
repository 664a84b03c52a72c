import type { MonitorConfig } from '../config/monitor.ts'
import type { JsonObject } from '../evm/json-object.ts'

/** A monitor as match objects show it: in full file form, without contract specs (spec/02 §6.2, spec/05 §11.1). */
export function fullMonitor(monitor: MonitorConfig): JsonObject {
  const { functions, events, transactions } = monitor.match_conditions
  return {
    name: monitor.name,
    networks: monitor.networks,
    paused: monitor.paused,
    addresses: monitor.addresses.map(({ address }) => ({ address, contract_spec: null })),
    match_conditions: {
      functions: functions.map(({ signature, expression }) => ({ signature, expression: expression ?? null })),
      events: events.map(({ signature, expression }) => ({ signature, expression: expression ?? null })),
      transactions: transactions.map(({ status, expression }) => ({ status, expression: expression ?? null })),
    },
    trigger_conditions: monitor.trigger_conditions.map((condition) => ({
      script_path: condition.script_path,
      language: condition.language,
      arguments: condition.arguments ?? null,
      timeout_ms: condition.timeout_ms,
    })),
    triggers: monitor.triggers,
    chain_configurations: (monitor.chain_configurations ?? []).map(chainConfiguration),
  }
}

type ChainConfiguration = NonNullable<MonitorConfig['chain_configurations']>[number]

/** Only what OZ Monitor knows of it; the settings of these chains have no fields but the viewing keys (spec/01 §4.4). */
function chainConfiguration({ midnight, ...chains }: ChainConfiguration): JsonObject {
  const known: JsonObject = {}
  if (midnight) {
    known.midnight = { viewing_keys: (midnight.viewing_keys ?? []).map(({ type, value }) => ({ type, value })) }
  }
  for (const chain of ['evm', 'stellar', 'solana'] as const) {
    if (chains[chain]) known[chain] = {}
  }
  return known
}
