import type { AdapterEnv } from "#src/contract/adapter.ts";
import type { GatewayError } from "#src/kit/errors.ts";
import type { Network } from "../link/network.ts";
import type { Station } from "../link/station.ts";
import { decodeApdu, encodeApdu, type Apdu } from "../wire/apdu.ts";
import { Malformed } from "../wire/malformed.ts";
import { Requester, type RequesterOptions } from "./requester.ts";
import { Responder, type ResponderOptions, type Serve } from "./responder.ts";

export interface ApplicationOptions extends RequesterOptions {
  readonly responder?: ResponderOptions;
  /** Services of others that want an answer. */
  readonly serve: Serve;
  /** Services that want none. A Malformed thrown here is counted. */
  readonly hear: (service: number, data: Buffer, from: Station) => void;
}

/** Both halves of the transaction layer on one network. */
export class Application {
  readonly network: Network;
  readonly requester: Requester;
  readonly #responder: Responder;
  readonly #hear: ApplicationOptions["hear"];
  readonly counters = { malformed: 0 };

  constructor(network: Network, env: AdapterEnv, options: ApplicationOptions) {
    this.network = network;
    this.requester = new Requester(network, env, options);
    this.#responder = new Responder(network, env, options.serve, options.responder);
    this.#hear = options.hear;
    network.listen(this.receive);
    network.onUnreachable((unreachable) => this.requester.unreachable(unreachable));
  }

  tell(service: number, data: Buffer, to: Station): void {
    this.network.send(encodeApdu({ kind: "unconfirmed", service, data }), to, false);
  }

  tellAll(service: number, data: Buffer, network?: number): void {
    this.network.broadcast(encodeApdu({ kind: "unconfirmed", service, data }), network);
  }

  health(): Readonly<Record<string, unknown>> {
    return {
      ...this.requester.counters,
      waiting: this.requester.waiting,
      ...this.#responder.counters,
      malformedApdus: this.counters.malformed,
    };
  }

  close(error: GatewayError): void {
    this.requester.close(error);
    this.#responder.close();
  }

  /** What the network layer has unwrapped; public so that something can be put in between. */
  readonly receive = (bytes: Buffer, from: Station): void => {
    try {
      this.#dispatch(decodeApdu(bytes), from);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.counters.malformed++;
    }
  };

  #dispatch(apdu: Apdu, from: Station): void {
    switch (apdu.kind) {
      case "request":
        return this.#responder.request(apdu, from);
      case "unconfirmed":
        return this.#hear(apdu.service, apdu.data, from);
      case "segment-ack":
        // A server acknowledges a request, a client an answer.
        return apdu.byServer ? this.requester.answer(apdu, from) : this.#responder.progress(apdu, from);
      case "abort":
        return apdu.byServer ? this.requester.answer(apdu, from) : this.#responder.progress(apdu, from);
      default:
        return this.requester.answer(apdu, from);
    }
  }
}
