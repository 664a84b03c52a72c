#!/usr/bin/env node
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { runCli } from './cli.ts'

// The only place that reads the environment (lint: node/no-process-env).
// oxlint-disable-next-line node/no-process-env
const environment = process.env

const manifest = z.object({ version: z.string() })
const { version } = manifest.parse(JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')))

const interruption = new AbortController()
const isServerVerb = ['serve', 'migrate', 'admin'].includes(process.argv[2] ?? '')
// The server's verbs pass signals on; every other command ends in order: it undoes what must not stay half done.
if (!isServerVerb) for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort())

// `npm run smt` starts in the root of the repository; the paths are meant from where the user stands.
const startedByNpm = environment['npm_lifecycle_event'] === 'smt' ? environment['INIT_CWD'] : undefined

process.exitCode = await runCli(process.argv.slice(2), {
  version,
  surroundings: {
    environment,
    cwd: startedByNpm ?? process.cwd(),
    out: (text) => process.stdout.write(text),
    err: (line) => process.stderr.write(`${line}\n`),
    signal: interruption.signal,
  },
})
