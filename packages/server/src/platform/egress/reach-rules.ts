import { networkInterfaces } from 'node:os'
import { canonicalAddress, classifyAddress, isWithin, type AddressRange } from './address.ts'
import { speaksAnotherProtocol } from './other-protocols.ts'

export type ReachOptions = {
  /** What the operator opens besides public addresses, on any port. */
  allow: readonly AddressRange[]
  /** What the operator closes although it is public, or a part of what is opened. It has the last word. */
  deny?: readonly AddressRange[]
  /** The addresses of this machine: what listens there trusts its neighbours, also when the address is public. */
  ownAddresses?: () => readonly string[]
}

export type Target = { address: string; port: number; protocol: string }

/** Whether a connection may be made: a public address of somebody else, or one that the operator opens. */
export type ReachRules = { mayReach(target: Target): boolean }

export function createReachRules({
  allow,
  deny = [],
  ownAddresses = addressesOfThisMachine,
}: ReachOptions): ReachRules {
  return {
    mayReach: ({ address, port, protocol }) => {
      if (isWithin(address, deny)) return false
      if (isWithin(address, allow)) return true
      if (classifyAddress(address) !== 'public') return false
      if (protocol !== 'tcp:' && speaksAnotherProtocol(port)) return false
      const canonical = canonicalAddress(address)
      return !ownAddresses().some((own) => canonicalAddress(own) === canonical)
    },
  }
}

// Read for every connection: machines get and lose addresses while they run.
function addressesOfThisMachine(): string[] {
  return Object.values(networkInterfaces()).flatMap((found) => (found ?? []).map(({ address }) => address))
}
