import { randomBytes } from "node:crypto";
import type { Environment } from "../environment.ts";
import { prefixOf } from "../wire/guid.ts";
import type { Participant } from "../participant-types.ts";
import { defaultQos } from "../qos.ts";
import type { LocalReader } from "../reading/reader.ts";
import type { Sample } from "../reading/sample.ts";
import type { ServiceSpec } from "./service-client.ts";
import { answerInline, endpointUserData, readIdentity, splitHeader, styleOf, withHeader } from "./service-style.ts";
import type { LocalWriter } from "../writing/writer.ts";

/** Requests being answered at one time; a further one is dropped and counted, and its caller times out. */
const maxInWork = 256;
/** How long an answer waits for the client's reader to be discovered, which may come after its first request. */
const clientReaderMs = 1000;

/** Answers one service. The handler gets the serialised request and returns the serialised answer. */
export class ServiceServer {
  readonly reader: LocalReader;
  readonly writer: LocalWriter;
  private readonly participant: Participant;
  private readonly env: Environment;
  private readonly handle: (request: Buffer) => Promise<Uint8Array>;
  private inWork = 0;
  /** Requests dropped because too many were being answered, and requests whose handler failed. */
  dropped = 0;
  failed = 0;

  constructor(participant: Participant, spec: ServiceSpec, env: Environment, handle: (request: Buffer) => Promise<Uint8Array>) {
    this.participant = participant;
    this.env = env;
    this.handle = handle;
    const userData = endpointUserData("serviceid", randomBytes(16), spec.userData);
    this.writer = participant.createWriter({ topic: spec.replyTopic, type: spec.replyType, qos: defaultQos, userData });
    this.reader = participant.createReader({
      topic: spec.requestTopic,
      type: spec.requestType,
      qos: defaultQos,
      userData,
      onSample: (sample) => void this.requested(sample),
    });
  }

  close(): void {
    this.participant.remove(this.reader);
    this.participant.remove(this.writer);
  }

  private async requested(sample: Sample): Promise<void> {
    if (sample.disposed) return;
    if (this.inWork >= maxInWork) {
      this.dropped++;
      return;
    }
    this.inWork++;
    try {
      await this.answer(sample);
    } catch (error) {
      this.failed++;
      this.env.log.error("a service request was not answered", {
        topic: this.reader.topic,
        error: error instanceof Error ? error.message : String(error),
      });
    } finally {
      this.inWork--;
    }
  }

  private async answer(sample: Sample): Promise<void> {
    const style = styleOf(this.participant.participantOf(sample.writer)?.vendor);
    if (style === "payload") {
      const { header, value } = splitHeader(sample.payload);
      const answer = await this.handle(value);
      await this.clientReader(sample);
      this.writer.write(withHeader(answer, header));
      return;
    }
    // A client may ask for the answer to be addressed to its reader instead of its writer.
    const asked = sample.relatedSample === undefined ? undefined : readIdentity(sample.relatedSample).guid;
    const guid = asked === undefined || /^0+$/.test(asked) ? sample.writer : asked;
    const answer = await this.handle(sample.payload);
    await this.clientReader(sample);
    this.writer.write(answer, { inline: answerInline({ guid, sequence: sample.sequence }) });
  }

  private async clientReader(sample: Sample): Promise<void> {
    const prefix = prefixOf(sample.writer);
    const isThere = () => [...this.writer.readers.keys()].some((guid) => prefixOf(guid) === prefix);
    if (isThere()) return;
    await new Promise<void>((resolve) => {
      const stop = this.participant.listen((event) => {
        if (event.kind === "matched" && event.local === this.writer.guid && isThere()) done();
      });
      const cancel = this.env.after(clientReaderMs, () => done());
      const done = () => {
        stop();
        cancel();
        resolve();
      };
    });
  }
}
