import type { Cancel } from "./environment.ts";
import type { EndpointData } from "./wire/endpoint-data.ts";
import type { EventListener } from "./events.ts";
import type { Guid, GuidPrefix } from "./wire/guid.ts";
import type { Health } from "./health.ts";
import type { ParticipantData } from "./wire/participant-data.ts";
import type { Qos } from "./qos.ts";
import type { LocalReader } from "./reading/reader.ts";
import type { Sample } from "./reading/sample.ts";
import type { LocalWriter } from "./writing/writer.ts";

/** What a new writer or reader is to be. */
export interface EndpointSpec {
  readonly topic: string;
  readonly type: string;
  readonly qos?: Qos;
  /** Free text announced with the endpoint: ROS 2 puts the type hash there. */
  readonly userData?: string;
}

export interface ReaderSpec extends EndpointSpec {
  /** Called for each sample, once, in the order of its writer. It must not keep the loop busy. */
  readonly onSample: (sample: Sample) => void;
}

/** One member of a domain. */
export interface Participant {
  readonly prefix: GuidPrefix;
  /** Hears every event from now on. */
  listen(listener: EventListener): Cancel;
  createWriter(spec: EndpointSpec): LocalWriter;
  createReader(spec: ReaderSpec): LocalReader;
  /** Takes one of our endpoints away again. */
  remove(endpoint: LocalWriter | LocalReader): void;
  /** Everybody known at this moment. */
  participants(): ParticipantData[];
  /** Every remote endpoint known at this moment. */
  endpoints(): EndpointData[];
  /** The participant an endpoint belongs to. */
  participantOf(guid: Guid): ParticipantData | undefined;
  /** Changes what we announce about ourselves. */
  setUserData(userData: string): void;
  health(): Health;
  /** Says goodbye and closes the sockets. `silently` says none, as a power cut would. Calling it again returns the same promise. */
  close(silently?: boolean): Promise<void>;
}
