import type { EndpointData } from "./wire/endpoint-data.ts";
import type { Guid, GuidPrefix } from "./wire/guid.ts";
import type { ParticipantData } from "./wire/participant-data.ts";
import type { Policy } from "./qos-match.ts";

/** Why a participant or an endpoint is gone. */
export type LossReason = "lease-ran-out" | "disposed" | "evicted";

/** Everything a participant tells its owner about the world. */
export type ParticipantEvent =
  | { readonly kind: "participant-found"; readonly participant: ParticipantData }
  /** Its locators, name or user data have changed: a robot that roams, for one. */
  | { readonly kind: "participant-changed"; readonly participant: ParticipantData }
  | { readonly kind: "participant-lost"; readonly participant: ParticipantData; readonly reason: LossReason }
  | { readonly kind: "endpoint-found"; readonly endpoint: EndpointData }
  | { readonly kind: "endpoint-lost"; readonly endpoint: EndpointData; readonly reason: LossReason }
  | { readonly kind: "matched"; readonly local: Guid; readonly endpoint: EndpointData }
  | { readonly kind: "unmatched"; readonly local: Guid; readonly endpoint: EndpointData }
  /** Same topic, but the two may not talk. `policies` is empty when the types differ. */
  | {
      readonly kind: "incompatible";
      readonly local: Guid;
      readonly endpoint: EndpointData;
      readonly policies: readonly Policy[];
      readonly localType: string;
    }
  | { readonly kind: "deadline-missed"; readonly local: Guid; readonly topic: string; readonly writer: Guid; readonly misses: number }
  | { readonly kind: "deadline-met"; readonly local: Guid; readonly topic: string; readonly writer: Guid }
  | { readonly kind: "liveliness-lost"; readonly local: Guid; readonly topic: string; readonly writer: Guid }
  | { readonly kind: "liveliness-regained"; readonly local: Guid; readonly topic: string; readonly writer: Guid }
  | { readonly kind: "samples-lost"; readonly local: Guid; readonly topic: string; readonly writer: Guid; readonly count: number }
  /** A bound was reached and something from outside was left out. Told once until the number falls again. */
  | {
      readonly kind: "limit-reached";
      readonly limit: "participants" | "endpoints" | "endpointsPerParticipant" | "reassemblyBytes";
      readonly by: GuidPrefix;
    };

export type EventListener = (event: ParticipantEvent) => void;
