/** The name of a delivery to its receiver: the same in every attempt, so that a repeat can be told. */
export function messageId(deliveryId: string): string {
  return `msg_${deliveryId.replaceAll('-', '')}`
}

/**
 * The name of the retraction of a delivery: a receiver sees what it takes back. A digest can be taken back in parts, one after
 * the other: each has a name of its own, with the id of the part's delivery.
 */
export function retractionId(deliveryId: string, partId?: string): string {
  const part = partId === undefined ? '' : `.${partId.replaceAll('-', '')}`
  return `${messageId(deliveryId)}.retracted${part}`
}
