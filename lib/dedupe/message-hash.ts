/** The two halves of a hash; one object that is written again and again, to make none an event. */
export interface MessageHash {
  high: number;
  low: number;
}

/**
 * Hashes a message id to 64 bits: two lanes of multiply and rotate over its UTF-16 units, each mixed at the end as
 * MurmurHash3 does. The high half is never 0. It guards against chance, not against a sender who wants to collide, who
 * could as well repeat an id.
 */
export function hashMessageId(messageId: string, into: MessageHash): void {
  let a = 0x9e3779b9 ^ messageId.length;
  let b = 0x85ebca6b ^ messageId.length;
  for (let index = 0; index < messageId.length; index++) {
    const unit = messageId.charCodeAt(index);
    a = Math.imul(a ^ unit, 0xcc9e2d51);
    a = (a << 15) | (a >>> 17);
    b = Math.imul(b ^ unit, 0x1b873593);
    b = (b << 13) | (b >>> 19);
  }
  const high = mixed(a ^ Math.imul(b, 0xe6546b64));
  into.high = high === 0 ? 1 : high;
  into.low = mixed(b ^ Math.imul(a, 0x38b34ae5));
}

function mixed(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
