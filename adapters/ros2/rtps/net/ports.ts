/** The well-known ports of DDSI-RTPS 9.6.1.1 with the default constants. */
export const highestDomain = 232;
export const highestParticipantId = 119;
export const discoveryGroup = "239.255.0.1";

const base = (domain: number) => 7400 + 250 * domain;

export function multicastPort(domain: number): number {
  return base(domain);
}

export function discoveryPort(domain: number, participantId: number): number {
  return base(domain) + 10 + 2 * participantId;
}

export function userPort(domain: number, participantId: number): number {
  return base(domain) + 11 + 2 * participantId;
}
