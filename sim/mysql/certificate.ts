/**
 * Certificate: nothing -> a new key and a self-signed certificate for 127.0.0.1.
 *
 * Made when the first client asks for TLS, and never stored: no key lies in the repository.
 */
import { certified, keyPem, newKey } from "../net/certificate.ts";

export interface Certificate {
  /** PEM. */
  key: string;
  /** PEM. */
  certificate: string;
  /** SHA-256 over the DER certificate. */
  fingerprint: Uint8Array;
}

/** @param random numbers in [0, 1), for the serial number. */
export function makeCertificate(random: () => number): Certificate {
  const key = newKey();
  const made = certified({
    name: "MySQL_Server_Simulated_Certificate",
    fromMs: Date.UTC(2024, 0, 1),
    untilMs: Date.UTC(2049, 11, 31, 23, 59, 59),
    use: "both",
    key,
    // 15 bytes, positive, without a leading zero.
    serial: Uint8Array.from({ length: 15 }, () => 1 + Math.floor(random() * 127)),
  });
  return { key: keyPem(key), ...made };
}
