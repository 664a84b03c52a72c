import { parseArgs } from 'node:util'
import { startStellarSimulator, type StellarSimulatorOptions } from './simulator.ts'
import { createTraffic } from './traffic.ts'

const usage = `Usage: npm run stellar-simulator -- [options]

Serves a Stellar chain over JSON-RPC as a stellar-rpc node does, until Ctrl-C.

  --port <n>            default: any free port
  --ledger-ms <n>       time between ledgers, default 1000
  --passphrase <text>   default: that of the test network
  --seed <text>         other accounts and contracts
  --first-ledger <n>    default 2
  --retention <n>       ledgers kept, default 120960
  --classic-events      unified events of classic operations and fees (CAP-67)
  --traffic             a transaction in every ledger: payments, swaps, token transfers, failures
  --recorded <dir>      serves blocks.json, transactions.json and events.json of a directory instead
`

try {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      'ledger-ms': { type: 'string', default: '1000' },
      passphrase: { type: 'string' },
      seed: { type: 'string' },
      'first-ledger': { type: 'string' },
      retention: { type: 'string' },
      'classic-events': { type: 'boolean' },
      traffic: { type: 'boolean' },
      recorded: { type: 'string' },
      help: { type: 'boolean' },
    },
  })
  if (values.help === true) process.stdout.write(usage)
  else {
    const ledgerTimeMs = readNumber('--ledger-ms', values['ledger-ms'])
    await serve(
      {
        ledgerTimeMs,
        classicEvents: values['classic-events'] === true,
        ...(values.port === undefined ? {} : { port: readNumber('--port', values.port) }),
        ...(values.passphrase === undefined ? {} : { passphrase: values.passphrase }),
        ...(values.seed === undefined ? {} : { seed: values.seed }),
        ...(values['first-ledger'] === undefined
          ? {}
          : { firstLedger: readNumber('--first-ledger', values['first-ledger']) }),
        ...(values.retention === undefined ? {} : { retentionLedgers: readNumber('--retention', values.retention) }),
        ...(values.recorded === undefined ? {} : { recordedDir: values.recorded }),
      },
      values.traffic === true ? ledgerTimeMs : undefined,
    )
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
  process.exitCode = 2
}

async function serve(options: StellarSimulatorOptions, trafficMs: number | undefined): Promise<void> {
  const simulator = await startStellarSimulator(options)
  const print = (name: string, value: string) => process.stdout.write(`${name.padEnd(11)} ${value}\n`)
  print('url', simulator.url)
  print('passphrase', simulator.passphrase)
  for (const [name, address] of Object.entries(simulator.accounts)) print(name, address)
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  if (trafficMs !== undefined) {
    const traffic = createTraffic(simulator)
    print('token', traffic.tokenContract)
    const timer = setInterval(() => traffic.next(), trafficMs)
    stop.signal.addEventListener('abort', () => clearInterval(timer))
  }
  stop.signal.addEventListener('abort', () => void simulator.close())
}

function readNumber(option: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`${option} wants a positive number, not ${JSON.stringify(text)}`)
  return Number(text)
}
