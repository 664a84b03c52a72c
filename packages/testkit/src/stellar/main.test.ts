import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { createJsonRpc } from '../json-rpc.ts'
import { at, list } from './answers.ts'

const main = fileURLToPath(new URL('main.ts', import.meta.url))

function run(...args: string[]) {
  const child = spawn(process.execPath, ['--conditions=source', '--import', 'tsx', main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const printed = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(output)?.[1]
        if (found !== undefined) resolve(found)
      }
      child.stdout.on('data', look)
      void exited.then(() => reject(new Error(`it ended:\n${output}`)))
    })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)))
  return { child, exited, printed, output: () => output }
}

describe('the program of the Stellar simulator', () => {
  it('prints where it is, closes ledgers with traffic and ends on a signal', async () => {
    const { child, exited, printed } = run('--ledger-ms', '50', '--traffic', '--first-ledger', '1000')
    const url = await printed(/^url +(\S+)$/m)
    await printed(/^token +(C\S+)$/m)
    const rpc = createJsonRpc(url)
    const seen = async () => list(await rpc('getTransactions', { startLedger: 1_000 }), 'transactions')
    while ((await seen()).length < 4) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(at(await seen(), 3, 'status')).toBe('FAILED')
    child.kill('SIGTERM')
    expect(await exited).toBe(0)
  })

  it('says how it is used when it does not understand', async () => {
    const { exited, output } = run('--port', 'first')
    expect(await exited).toBe(2)
    expect(output()).toContain('--port wants a positive number, not "first"')
  })
})
