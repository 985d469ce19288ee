import { compileDecoder, compileEncoder, serviceHash, typeHash, type Decoder, type Encoder, type TypeRegistry } from "../types/index.ts";

/** Compiled types, made when first needed. One book serves every connection of a link. */
export class TypeBook {
  readonly registry: TypeRegistry;
  private readonly decoders = new Map<string, Decoder>();
  private readonly encoders = new Map<string, Encoder>();

  constructor(registry: TypeRegistry) {
    this.registry = registry;
  }

  decoder(type: string): Decoder {
    let decoder = this.decoders.get(type);
    if (decoder === undefined) this.decoders.set(type, (decoder = compileDecoder(this.registry, type)));
    return decoder;
  }

  encoder(type: string): Encoder {
    let encoder = this.encoders.get(type);
    if (encoder === undefined) this.encoders.set(type, (encoder = compileEncoder(this.registry, type)));
    return encoder;
  }

  /** What ROS 2 from Iron on wants to read in the user data of an endpoint, or it warns about each of ours. */
  hashText(type: string): string {
    return `typehash=${typeHash(this.registry, type)};`;
  }

  serviceHashText(type: string): string {
    return this.registry.services().includes(type) ? `typehash=${serviceHash(this.registry, type)};` : "";
  }
}
