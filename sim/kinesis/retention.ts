/** Retention: how long records may be kept. Documented: a day at least, a year at most. */
import { invalidArgument } from "./errors.ts";

const hoursMin = 24;
const hoursMax = 8760;

/** @throws {ServiceError} InvalidArgumentException */
export function requireRetention(hours: number): void {
  if (hours < hoursMin) {
    throw invalidArgument(
      `Minimum allowed retention period is ${hoursMin} hours. ` +
        `Requested retention period (${hours} hours) is too short.`,
    );
  }
  if (hours > hoursMax) {
    throw invalidArgument(
      `Maximum allowed retention period is ${hoursMax} hours. ` +
        `Requested retention period (${hours} hours) is too long.`,
    );
  }
}
