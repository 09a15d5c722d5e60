/** What a simulated service answers when it refuses: the vendor's code and the vendor's words. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  /**
   * @param code the vendor's code, e.g. `NoSuchBucket`
   * @param message the vendor's text
   * @param status the HTTP status it travels under, where the service speaks HTTP
   */
  constructor(readonly code: string, message: string, readonly status = 400) {
    super(message);
  }
}

/** The simulator could not be started: the person can mend the reason. */
export class SimError extends Error {
  override readonly name = "SimError";
}
