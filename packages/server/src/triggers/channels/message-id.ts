/** The name of a delivery to its receiver: the same in every attempt, so that a repeat can be told. */
export function messageId(deliveryId: string): string {
  return `msg_${deliveryId.replaceAll('-', '')}`
}

/** The name of the retraction of a delivery: a receiver sees what it takes back. */
export function retractionId(deliveryId: string): string {
  return `${messageId(deliveryId)}.retracted`
}
