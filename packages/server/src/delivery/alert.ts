import type { MatchFacts } from '@smt/engine'
import type { Alert } from '../triggers/channels/channel.ts'
import { storedSentMessage } from '../triggers/channels/sent-message.ts'
import { isJsonObject } from '../tenants/json-object.ts'
import type { DeliveryContent } from './dispatch-store.ts'
import { matchObjectOf, type StoredMatch } from './match-object.ts'
import { withoutBody, type BodyPart } from './stored-match.ts'

/** What a delivery tells. Throws when what its match refers to is not there, which retention must never let happen. */
export function alertOf(content: DeliveryContent, { publicUrl }: { publicUrl?: string | undefined } = {}): Alert {
  const { family, networkSlug, withReceipt, blockNumber, blockHash, monitor } = content
  const { item, block, matchedOn, matchedOnArgs, positions } =
    content.isBodyRemoved === true ? remains(content) : content
  if (
    networkSlug === null ||
    withReceipt === null ||
    family === null ||
    blockNumber === null ||
    blockHash === null ||
    monitor === null ||
    item === null
  ) {
    throw new Error('the match of a delivery is not complete')
  }
  const match = matchObjectOf({
    family,
    networkSlug,
    withReceipt,
    monitor,
    item,
    block,
    matchedOn,
    matchedOnArgs,
    positions,
  })
  const facts = factsOf({ ...content, blockNumber })
  const told = { match, facts, ...retractionOf(content) }
  if (content.toldKind === 'alert') return told
  const name = isJsonObject(monitor) ? monitor['name'] : undefined
  return {
    ...told,
    digest: {
      matchCount: content.matchCount,
      monitorName: withOthers(typeof name === 'string' ? name : '', content.gatheredMonitors - 1),
      networkSlug,
      blockNumber,
      blockHash,
      ...(content.isGathered ? { isGathered: true, ...linkOf(content, publicUrl) } : {}),
    },
  }
}

/** What was told may have to be taken back after its body was removed. */
function remains(content: DeliveryContent): Pick<StoredMatch, BodyPart> {
  const rest = withoutBody.get(content.family ?? '')?.(content.txHash ?? '')
  if (rest === undefined) throw new Error('a match of an unknown family of chains is stored')
  return { ...rest, ...(content.item === null ? {} : { item: content.item }) }
}

function retractionOf({ kind, retracts, told }: DeliveryContent): Pick<Alert, 'isRetraction' | 'takesBack'> {
  if (kind !== 'retraction' || retracts === null) return { isRetraction: false }
  const { sentAt, sent } = told ?? {}
  return { isRetraction: true, takesBack: { deliveryId: retracts, sentAt, sent: storedSentMessage(sent) } }
}

type FactParts = Pick<DeliveryContent, 'severity' | 'blockTime' | 'explorerUrl' | 'item'> & { blockNumber: bigint }

/** What templates can name besides the match object. */
export function factsOf({ severity, blockTime, explorerUrl, item, blockNumber }: FactParts): MatchFacts {
  const receipt = isJsonObject(item) ? item['receipt'] : undefined
  return {
    blockNumber,
    explorerUrl,
    ...(severity === null ? {} : { severity }),
    ...(blockTime === null ? {} : { blockTime }),
    ...(isJsonObject(receipt) ? { receipt } : {}),
  }
}

function withOthers(name: string, others: number): string {
  if (others < 1) return name
  return `${name} and ${others} other ${others === 1 ? 'monitor' : 'monitors'}`
}

/** Where the alerts of a digest are listed. */
function linkOf({ tenantSlug, triggerName }: DeliveryContent, publicUrl: string | undefined): { link?: string } {
  if (publicUrl === undefined || tenantSlug === null || triggerName === null) return {}
  const query = new URLSearchParams({ trigger: triggerName, state: 'digested' })
  return { link: `${publicUrl.replace(/\/+$/, '')}/api/v1/tenants/${tenantSlug}/deliveries?${query.toString()}` }
}
