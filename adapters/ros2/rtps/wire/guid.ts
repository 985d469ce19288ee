/** The twelve bytes that name a participant, as 24 hexadecimal digits. */
export type GuidPrefix = string;
/** The sixteen bytes that name an endpoint: the prefix of its participant and four bytes of entity id, as 32 hexadecimal digits. */
export type Guid = string;

/** Entity ids fixed by the specification (DDSI-RTPS 9.3.1.5), read as big-endian numbers. */
export const entityIds = {
  unknown: 0,
  participant: 0x000001c1,
  participantWriter: 0x000100c2,
  participantReader: 0x000100c7,
  publicationsWriter: 0x000003c2,
  publicationsReader: 0x000003c7,
  subscriptionsWriter: 0x000004c2,
  subscriptionsReader: 0x000004c7,
  livelinessWriter: 0x000200c2,
  livelinessReader: 0x000200c7,
} as const;

/** Kinds of user-defined entities, the lowest byte of an entity id: both without a key, as every ROS topic is. */
export const entityKinds = { writer: 0x03, reader: 0x04 } as const;

export function toGuid(prefix: GuidPrefix, entityId: number): Guid {
  return prefix + entityId.toString(16).padStart(8, "0");
}

export function prefixOf(guid: Guid): GuidPrefix {
  return guid.slice(0, 24);
}

export function entityIdOf(guid: Guid): number {
  return Number.parseInt(guid.slice(24), 16);
}

export function guidBytes(guid: Guid): Buffer {
  return Buffer.from(guid, "hex");
}

export function readGuid(bytes: Buffer, offset = 0): Guid {
  return bytes.toString("hex", offset, offset + 16);
}

/** Builtin endpoints have the two highest bits of the kind set. */
export function isBuiltin(entityId: number): boolean {
  return (entityId & 0xc0) === 0xc0;
}
