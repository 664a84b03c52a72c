/** What templates can name here and not in OZ Monitor, but for what operations add. */
const ownNames: ReadonlySet<string> = new Set([
  'network.slug',
  'block.number',
  'block.time',
  'transaction.status',
  'transaction.gas_used',
  'contract.address',
  'severity',
  'explorer.link',
])

/** Of the variables of a match those that OZ Monitor knows: they must be exactly its own. */
export function ozVariables(variables: ReadonlyMap<string, string>): { [name: string]: string } {
  return Object.fromEntries([...variables].filter(([name]) => !ownNames.has(name)))
}
