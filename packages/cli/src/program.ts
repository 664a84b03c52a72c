import { Command, InvalidArgumentError } from 'commander'
import { runCheck, type CheckCommandOptions } from './config/check-command.ts'
import { type ExplainCommandOptions, runExplain } from './run/explain-command.ts'
import { runBlock, type RunCommandOptions } from './run/run-command.ts'
import { type ExportCommandOptions, runExport } from './transfer/export-command.ts'
import { type ImportCommandOptions, runImport } from './transfer/import-command.ts'
import { runServer } from './server-command.ts'
import type { Surroundings } from './surroundings.ts'

export type ProgramDeps = {
  surroundings: Surroundings
  version: string
  /** Writes what commander says of wrong usage, as it is, to standard error. */
  writeError: (text: string) => void
  setExitCode: (code: number) => void
}

const exitCodes = `
Exit codes: 0 done; 1 problems were found or something failed; 2 wrong usage, or the configuration cannot be read.`

/** All commands. Options are what commander makes of them; everything else is checked by the command itself. */
export function createProgram({ surroundings, version, writeError, setExitCode }: ProgramDeps): Command {
  const program = new Command('smt')
    .description(
      'Command line of the Stellar Monitor Tenant Isolation Engine: checks, runs and moves OpenZeppelin Monitor configurations.',
    )
    .version(version)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: surroundings.out,
      writeErr: (text) => writeError(text),
    })
    .addHelpText('after', exitCodes)
  addConfigurationCommands(program, { surroundings, setExitCode })
  addTransferCommands(program, { surroundings, setExitCode })
  addServerCommands(program, setExitCode)
  return program
}

type Adding = Pick<ProgramDeps, 'surroundings' | 'setExitCode'>

/** Commands that need no server. */
function addConfigurationCommands(program: Command, { surroundings, setExitCode }: Adding): void {
  program
    .command('check')
    .summary('validate an OpenZeppelin Monitor configuration directory')
    .description(
      'Validates DIR with its networks/, monitors/ and triggers/ as OpenZeppelin Monitor would load it, and lists every problem.',
    )
    .argument('<dir>', 'the directory that OpenZeppelin Monitor calls config/')
    .option('--json', 'print the report as JSON')
    .option('--strict-secrets', 'an environment variable that is not set is a problem, not a warning')
    .option('--workdir <dir>', 'where script paths begin (default: the parent of DIR)')
    .addHelpText('after', exitCodes)
    .action(async (directory: string, options: CheckCommandOptions) =>
      setExitCode(await runCheck(surroundings, directory, options)),
    )

  program
    .command('run')
    .summary('evaluate one block without a server and print the matches as JSON')
    .description(
      'Evaluates one block and prints the JSON array of matches; nothing is sent and no filter script runs. Without --block it is the newest block of the network, without --network every network that the monitors list.',
    )
    .requiredOption('--config <dir>', 'the configuration directory')
    .option('--network <slug>', 'the network; needed with --block')
    .option('--block <number>', 'the block number', blockNumber)
    .option('--monitor <file or name>', 'this monitor alone, also when it is paused or lies elsewhere')
    .option('--workdir <dir>', 'where script paths begin (default: the parent of the configuration directory)')
    .option('--json', 'print JSON (the default and only form)')
    .addHelpText('after', exitCodes)
    .action(async (options: RunCommandOptions) => setExitCode(await runBlock(surroundings, options)))

  program
    .command('explain')
    .summary('say why a monitor matches a transaction or does not')
    .description(
      'Reads one mined transaction and evaluates one monitor on it, without a server: gate by gate, condition by condition, sub-expression by sub-expression with the values.',
    )
    .requiredOption('--config <dir>', 'the configuration directory')
    .requiredOption('--network <slug>', 'the network')
    .requiredOption('--monitor <file or name>', 'the monitor, also when it is paused or lies elsewhere')
    .requiredOption('--tx <hash>', 'the hash of a mined transaction', transactionHash)
    .option('--workdir <dir>', 'where script paths begin (default: the parent of the configuration directory)')
    .option('--json', 'print JSON, in the form of the API')
    .addHelpText('after', exitCodes)
    .action(async (options: ExplainCommandOptions) => setExitCode(await runExplain(surroundings, options)))
}

const keyHelp = `
The API key is read from SMT_API_KEY, or from the file of --api-key-file; it is never given on the command line.`

/** Commands that speak to a server as a tenant. */
function addTransferCommands(program: Command, { surroundings, setExitCode }: Adding): void {
  program
    .command('import')
    .summary('bring a configuration directory into a tenant, all of it or nothing')
    .description(
      'Checks DIR here and against the server, shows what would be created, updated or left, then does it: networks, triggers, monitors. Objects that DIR does not hold stay. When anything fails, what was done is undone.',
    )
    .argument('<dir>', 'the configuration directory')
    .requiredOption('--tenant <slug>', 'the tenant')
    .option('--server <url>', 'the server (default: SMT_URL, else http://127.0.0.1:3000)')
    .option('--api-key-file <file>', 'a file that holds the API key')
    .option('--dry-run', 'only report what would be done')
    .option('--json', 'print the report as JSON')
    .option(
      '--replace-secrets',
      'replace stored secrets of several objects, although a failure could not put them back',
    )
    .option('--workdir <dir>', 'where script paths begin (default: the parent of DIR)')
    .addHelpText('after', keyHelp + exitCodes)
    .action(async (directory: string, options: ImportCommandOptions) =>
      setExitCode(await runImport(surroundings, directory, options)),
    )

  program
    .command('export')
    .summary('write a tenant’s configuration as a directory for OpenZeppelin Monitor')
    .description(
      'Writes networks/, monitors/ and triggers/. The server never shows secrets: each becomes a reference to an environment variable, which the report names.',
    )
    .argument('<dir>', 'the directory to write; it must be empty or not exist')
    .requiredOption('--tenant <slug>', 'the tenant')
    .option('--server <url>', 'the server (default: SMT_URL, else http://127.0.0.1:3000)')
    .option('--api-key-file <file>', 'a file that holds the API key')
    .option('--force', 'write into a directory that is not empty; other files stay')
    .addHelpText('after', keyHelp + exitCodes)
    .action(async (directory: string, options: ExportCommandOptions) =>
      setExitCode(await runExport(surroundings, directory, options)),
    )
}

/** The server's own commands, with its own options and help. */
function addServerCommands(program: Command, setExitCode: Adding['setExitCode']): void {
  const verbs = {
    serve: 'serve the API, watch chains and deliver alerts',
    migrate: 'bring the database to this release',
    admin: 'operate an installation: create-tenant, set-quota, …',
  }
  for (const [verb, description] of Object.entries(verbs)) {
    program
      .command(verb)
      .description(description)
      .argument('[args...]', 'see smt ' + verb + ' --help')
      .helpOption(false)
      .allowUnknownOption()
      .passThroughOptions()
      .action(async (args: string[]) => setExitCode(await runServer([verb, ...args])))
  }
}

function blockNumber(text: string): bigint {
  if (!/^\d{1,18}$/.test(text)) throw new InvalidArgumentError('A block number is written in decimal digits.')
  return BigInt(text)
}

function transactionHash(text: string): string {
  if (!/^(0x)?[0-9a-fA-F]{64}$/.test(text)) {
    throw new InvalidArgumentError('A transaction hash is 64 hexadecimal digits, with 0x before them on EVM.')
  }
  return text
}
