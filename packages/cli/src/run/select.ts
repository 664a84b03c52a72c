import { resolve, sep } from 'node:path'
import { CliError } from '../cli-error.ts'
import type { CheckedObject } from '../config/check-object.ts'
import type { CheckedDirectory } from '../config/check-directory.ts'

export type Selection = { network: CheckedObject<'network'>; monitors: CheckedObject<'monitor'>[] }

type Wanted = { network: string | undefined; monitor: CheckedObject<'monitor'> | undefined }

/**
 * Which monitors are evaluated on which networks (spec/01 §10). A monitor that is named together with a network runs
 * there even when it is paused or does not list it; otherwise active monitors run on the networks that they list.
 */
export function selectEvaluations(
  { networks, monitors }: Pick<CheckedDirectory, 'networks' | 'monitors'>,
  { network: networkName, monitor }: Wanted,
): Selection[] {
  const active = (monitor === undefined ? monitors : [monitor]).filter(({ written }) => written?.paused === false)
  const listing = (network: CheckedObject<'network'>) =>
    active.filter(({ written }) => written?.networks.includes(network.written?.slug ?? ''))
  if (networkName === undefined) {
    return networks.map((network) => ({ network, monitors: listing(network) })).filter((one) => one.monitors.length > 0)
  }
  const network =
    networks.find(({ written }) => written?.slug === networkName) ?? networks.find(({ stem }) => stem === networkName)
  if (network === undefined) throw new CliError(`The network ${networkName} was not found.`, { exitCode: 2 })
  return [{ network, monitors: monitor === undefined ? listing(network) : [monitor] }]
}

/** The monitor of a directory that is meant by a path, a file name or a name; undefined when it is none of these. */
export function findMonitor(
  monitors: readonly CheckedObject<'monitor'>[],
  { wanted, directory, cwd }: { wanted: string; directory: string; cwd: string },
): CheckedObject<'monitor'> | undefined {
  const path = resolve(cwd, wanted)
  const inside = path.startsWith(directory + sep) ? path.slice(directory.length + 1).replaceAll(sep, '/') : undefined
  return (
    monitors.find(({ file }) => file === inside) ??
    monitors.find(({ stem, file }) => stem === wanted || file === `monitors/${wanted}`) ??
    monitors.find(({ written }) => written?.name === wanted)
  )
}
