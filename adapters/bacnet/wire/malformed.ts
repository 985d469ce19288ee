/** Bytes that cannot be what they claim to be. Thrown by the readers of this folder and caught where a frame came in. */
export class Malformed extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Malformed";
  }
}
